"""Frames of one video file, from a decoder in a process of its own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from masking.core.config import Config
from masking.core.file_state import FileState
from masking.preparation.decoder import HEADER, Task, arguments_for
from masking.preparation.frames import Frame, numbered_name
from masking.preparation.status import (
    ChangedVideoError,
    CrashedError,
    CutOffError,
    NoFramesError,
    StalledError,
    TooLargeError,
    TooLongError,
    UnreadableVideoError,
)

PIPE_BYTES = 1 << 20
"""What a pipe may hold where the system allows it: fewer changes between the two processes."""
MAX_END_BYTES = 10_000
MISSING_SHARE, MISSING_SECONDS = 0.05, 1.0
"""A video is cut off that lacks more than this of what it says it has, by its count of frames and by its time. Counts
are exact in some containers and guessed in others."""


class Clip:
    """A video file, opened and locked onto.

    state: what the file is, known once all frames have been read.
    """

    def __init__(self, path: Path, config: Config, max_frames: int | None = None) -> None:
        self._path = path
        self._options = config.preparation
        self._max_pixels = int(config.run.max_megapixels * 1e6)
        self._max_frames = max_frames
        self.state: FileState | None = None

    def frames(self) -> Iterator[Frame]:
        """The frames that EVERY or FPS asks for, one after another.

        Raises an error of masking.preparation.status where the video is not read to its end.
        """
        with _opened(self._path) as descriptor:
            before = os.fstat(descriptor)
            self.state = _state_of(descriptor, before)
            yield from self._decoded(descriptor)
            after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ChangedVideoError("the file changed while it was read; run again when nothing writes to it")

    def _decoded(self, descriptor: int) -> Iterator[Frame]:
        options = self._options
        limit = self._max_frames or options.max_frames
        task = Task(descriptor, options.every, options.fps, self._max_pixels, limit)
        with _Decoder(task, options.max_decoding_seconds) as decoder:
            while header := decoder.header():
                index, milliseconds, width, height = header
                picture = np.empty((height, width, 3), np.uint8)
                decoder.fill(picture.data.cast("B"))
                yield Frame(numbered_name(self._path.stem, index), index, milliseconds / 1000, picture)
            end = decoder.end()
        if not (end.end == "too_long" and self._max_frames):
            _check_end(end, limit, self._max_pixels)


@dataclass(frozen=True)
class _End:
    """How decoding ended, as the decoder says."""

    end: str
    frames: int = 0
    last_milliseconds: float = 0.0
    expected_frames: float = 0.0
    frame_rate: float = 0.0
    width: float = 0.0
    height: float = 0.0


def _check_end(end: _End, max_frames: int, max_pixels: int) -> None:
    if end.end == "unreadable":
        raise UnreadableVideoError(
            "it holds no video that can be decoded: sound alone, a damaged file, or something else under this name"
        )
    if end.end == "too_large":
        raise TooLargeError(
            f"its frames have {end.width:.0f} x {end.height:.0f} pixels, more than MAX_MEGAPIXELS = "
            f"{max_pixels / 1e6:g} million"
        )
    if end.end == "too_long":
        raise TooLongError(f"it has more than MAX_FRAMES = {max_frames} frames")
    if end.frames == 0:
        raise NoFramesError("not one frame of it can be decoded")
    _check_whole(end)


def _check_whole(end: _End) -> None:
    if not (end.expected_frames > 0 and 0 < end.frame_rate < math.inf):
        return
    expected = end.expected_frames / end.frame_rate
    seconds = end.last_milliseconds / 1000 + 1 / end.frame_rate
    few_frames = end.frames < end.expected_frames * (1 - MISSING_SHARE)
    missing = min(expected - seconds, (end.expected_frames - end.frames) / end.frame_rate)
    if few_frames and seconds < expected * (1 - MISSING_SHARE) and missing > min(MISSING_SECONDS, expected / 4):
        raise CutOffError(
            f"it breaks off after {end.frames} of {end.expected_frames:.0f} frames; download it again, or save "
            "what is left of it as a complete video"
        )


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        # Without O_NONBLOCK, opening a FIFO that took the file's place since the walk would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnreadableVideoError(f"the file can't be read: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableVideoError("not a regular file")
        if status.st_size == 0:
            raise UnreadableVideoError("the file is empty")
        yield descriptor
    finally:
        os.close(descriptor)


def _state_of(descriptor: int, status: os.stat_result) -> FileState:
    digest, position = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, 1 << 20, position):
        digest.update(chunk)
        position += len(chunk)
        if position > status.st_size:
            raise ChangedVideoError("the file grows while it is read; run again when nothing writes to it")
    return FileState(digest.digest(), status.st_size, status.st_mtime_ns)


class _Decoder:
    """The process that decodes, and what it says, which is untrusted too: a video may have upset it."""

    def __init__(self, task: Task, patience: float) -> None:
        self._task = task
        self._patience = patience
        self._index = -1

    def __enter__(self) -> _Decoder:
        self._process = subprocess.Popen(  # noqa: S603 - our own module, by our own Python
            [sys.executable, *arguments_for(self._task)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._task.descriptor,),
            # Ctrl-C is for the command, which finishes the current video.
            start_new_session=True,
        )
        if self._process.stdout is None:
            raise TypeError("the decoder has no standard output")
        self._pipe = self._process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):
                fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def header(self) -> tuple[int, float, int, int] | None:
        """Index, milliseconds, width and height of the next frame; None after the last."""
        buffer = bytearray(HEADER.size)
        self.fill(memoryview(buffer))
        index, milliseconds, width, height = HEADER.unpack(buffer)
        if width == height == 0:
            return None
        sound = self._index < index < self._task.max_frames and math.isfinite(milliseconds)
        if not (sound and 0 < width * height <= self._task.max_pixels):
            raise CrashedError("the decoder's answer makes no sense: the video may have upset it")
        self._index = index
        return index, milliseconds, width, height

    def fill(self, buffer: memoryview) -> None:
        """Read until `buffer` is full. Raises StalledError, CrashedError."""
        deadline = time.monotonic() + self._patience
        while buffer:
            got = self._read_into(buffer, deadline)
            if got == 0:
                raise self._death()
            buffer = buffer[got:]

    def end(self) -> _End:
        """How it ended."""
        said, deadline = bytearray(), time.monotonic() + self._patience
        chunk = memoryview(bytearray(MAX_END_BYTES))
        while (got := self._read_into(chunk, deadline)) and len(said) < MAX_END_BYTES:
            said += chunk[:got]
        try:
            return _sound_end(json.loads(said))
        except (ValueError, TypeError, RecursionError) as error:
            raise CrashedError("the decoder's answer makes no sense: the video may have upset it") from error

    def _read_into(self, buffer: memoryview, deadline: float) -> int:
        while True:
            with suppress(BlockingIOError):
                return os.readv(self._pipe, [buffer])
            left = deadline - time.monotonic()
            if left <= 0 or not self._poll.poll(left * 1000):
                raise StalledError(f"its decoder gave no frame for MAX_DECODING_SECONDS = {self._patience:g}")

    def _death(self) -> CrashedError:
        code = self._process.wait()
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
        return CrashedError(f"its decoder died ({how}): the video is damaged, or needs too much memory")


def _sound_end(said: Any) -> _End:
    end = _End(**said)
    numbers = (end.frames, end.last_milliseconds, end.expected_frames, end.frame_rate, end.width, end.height)
    if not isinstance(end.end, str) or not all(isinstance(number, int | float) for number in numbers):
        raise TypeError("not what a decoder says")
    return end
