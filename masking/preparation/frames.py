"""Frames, one after another, of a folder of frames or of photos."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from masking.core.config import Config
from masking.core.errors import ItemError
from masking.core.file_state import FileState
from masking.dataset.images import decode_image, read_image_file
from masking.preparation.decoder import Thinning
from masking.preparation.status import NoFramesError, TooLongError, UnreadableVideoError

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """One frame of a video. name: what the names of its outputs end in. index: its position in the video, from 0.
    seconds: its time in the video, None for photos. picture (H, W, 3) uint8 BGR; None where it can't be read, and
    `problem` says why. path: its own file, if it has one.
    """

    name: str
    index: int
    seconds: float | None
    picture: Picture | None
    path: Path | None = None
    problem: str = ""


class Reader(Protocol):
    """Reads one video. state: what its files were, None while that isn't known."""

    state: FileState | None

    def frames(self) -> Iterator[Frame]:
        """The frames that EVERY or FPS asks for, one after another, in bounded memory.

        Raises an error of masking.preparation.status where the video is not read to its end.
        """
        ...


class PictureFolder:
    """Pictures in `folder`, named `names`, in the order of the numbers in them.

    timed: whether they are frames of a video, FRAME_RATE a second. max_frames: read only so many.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], config: Config, *, timed: bool, max_frames: int | None = None
    ) -> None:
        self._folder = folder
        self._root = Path(os.path.realpath(config.folders.input_folder))
        self._names = sorted(names, key=natural_key)
        self._namesakes = Counter(map(_stem_of, names))
        self._options = config.preparation
        self._max_megapixels = config.run.max_megapixels
        self._timed = timed
        self._max_frames = max_frames
        self.state: FileState | None = None

    def frames(self) -> Iterator[Frame]:
        """As Reader."""
        if not self._names:
            raise NoFramesError("the folder holds no picture: expected SOURCE/<identity>/<video>/<frame>.jpg")
        if len(self._names) > self._options.max_frames:
            raise TooLongError(f"it has {len(self._names)} frames, more than MAX_FRAMES = {self._options.max_frames}")
        options = self._options
        thinning, contents, statuses = Thinning(options.every, options.fps), [], []
        for index, name in enumerate(self._names[: self._max_frames]):
            statuses.append(_status_of(self._folder / name))
            seconds = self._seconds(index, name)
            if thinning.takes(index, index / options.frame_rate if seconds is None else seconds):
                frame, state = self._read(index, name, seconds)
                contents.append((name, state.sha256 if state else b""))
                yield frame
        self.state = folder_state(self._names, statuses, contents)

    def _seconds(self, index: int, name: str) -> float | None:
        if not self._timed:
            return None
        number = re.search(r"([0-9]{1,9})$", _stem_of(name))
        return (int(number[1]) if number else index) / self._options.frame_rate

    def _read(self, index: int, name: str, seconds: float | None) -> tuple[Frame, FileState | None]:
        path, stem = self._folder / name, _stem_of(name)
        if self._namesakes[stem] > 1:
            stem = name
        try:
            if path.is_symlink() and self._root not in Path(os.path.realpath(path)).parents:
                raise UnreadableVideoError("the link leaves SOURCE")
            content, state = read_image_file(path, self._max_megapixels)
            rgb = decode_image(content, self._max_megapixels)
        except ItemError as error:
            return Frame(stem, index, seconds, None, path, str(error)), None
        return Frame(stem, index, seconds, np.ascontiguousarray(rgb[:, :, ::-1]), path), state


def folder_state(
    names: Sequence[str], statuses: Sequence[os.stat_result], contents: Sequence[tuple[str, bytes]]
) -> FileState:
    """What a folder of pictures is, as if it were one file. Its time is a digest of its files' names,
    sizes and times; sha256 is of the names and contents that were read.
    """
    listing = "\n".join(
        f"{name}\0{status.st_size}\0{status.st_mtime_ns}" for name, status in zip(names, statuses, strict=False)
    )
    digest = hashlib.sha256()
    for name, sha256 in contents:
        digest.update(os.fsencode(name) + b"\0" + sha256)
    times = int.from_bytes(hashlib.sha256(os.fsencode(listing)).digest()[:8], "big") >> 1
    return FileState(digest.digest(), sum(status.st_size for status in statuses), times)


def _stem_of(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122


def _status_of(path: Path) -> os.stat_result:
    try:
        status = path.stat()
    except OSError as error:
        raise UnreadableVideoError(f"{path.name} can't be read: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableVideoError(f"{path.name} is not a regular file")
    return status


def natural_key(name: str) -> tuple[list[tuple[int, str]], bytes]:
    """Sorts 0.2.jpg before 0.10.jpg; equal numbers by their bytes."""
    parts = re.split(r"([0-9]{1,18})", name)
    return [(-1, part) if at % 2 == 0 else (int(part), "") for at, part in enumerate(parts)], os.fsencode(name)


def numbered_name(video: str, index: int) -> str:
    """The name of a frame that has none of its own: `clip.000042`."""
    return f"{video}.{index:06d}"
