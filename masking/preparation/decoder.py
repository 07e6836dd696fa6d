"""What runs in a process of its own: decoding one untrusted video, whose crash or endless loop costs nothing else.

Frames go to standard output as HEADER and pixels; after the last one comes a header of size 0 and a line of JSON that
says how it ended. The file is open already, so that nobody can put another in its place, and no name can be taken for
an address: FFmpeg is allowed to open nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

HEADER = struct.Struct("<QdII")
"""Index, time in milliseconds, width, height."""
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,h264,hevc,m4v,mjpeg,gif"
MAX_MEMORY = 6 << 30
"""Bytes of address space: what libraries map counts too."""
ORPHAN_SECONDS = 1.0


@dataclass(frozen=True)
class Task:
    """What to decode. descriptor: the open file. every: look at every n-th frame. fps: at no more than so many a
    second; 0: all.
    """

    descriptor: int
    every: int
    fps: float
    max_pixels: int
    max_frames: int


class Thinning:
    """Which frames are examined, as EVERY or FPS says."""

    def __init__(self, every: int, fps: float) -> None:
        self._every = every
        self._seconds = 1 / fps if fps else 0.0
        self._due = float("-inf")

    def takes(self, index: int, seconds: float) -> bool:
        """Whether to look at frame `index`, at this time. To be asked of all frames in their order."""
        if not self._seconds:
            return index % self._every == 0
        # Half a thousandth makes up for times that are given in whole milliseconds.
        if seconds < self._due - 0.0005:
            return False
        following = self._due + self._seconds
        self._due = following if following > seconds else seconds + self._seconds
        return True


def main() -> None:
    """Decode as the one argument says, a Task in JSON."""
    task = Task(**json.loads(sys.argv[1]))
    limit_process()
    with suppress(BrokenPipeError):
        end = decode(task)
        _write(HEADER.pack(0, 0.0, 0, 0) + json.dumps(end).encode() + b"\n")
    # Not through the libraries' own clean-up, which untrusted data may have upset.
    os._exit(0)


def limit_process() -> None:
    """Bound the memory, write no files, and end with the process that asked."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with suppress(ValueError, OSError):  # macOS has no such bound
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os._exit(1)


def decode(task: Task) -> dict[str, Any]:
    """Send the frames, and return how it ended."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"protocol_whitelist;file|format_whitelist;{CONTAINERS}"
    os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
    import cv2

    cv2.setNumThreads(1)
    video = cv2.VideoCapture(f"/dev/fd/{task.descriptor}", cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not video.isOpened():
        return {"end": "unreadable"}
    width, height = (video.get(size) for size in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    said = {
        "expected_frames": video.get(cv2.CAP_PROP_FRAME_COUNT),
        "frame_rate": video.get(cv2.CAP_PROP_FPS),
        "width": width,
        "height": height,
    }
    if width * height > task.max_pixels:
        return {**said, "end": "too_large"}
    return {**said, **_send_frames(task, video)}


def _send_frames(task: Task, video: Any) -> dict[str, Any]:
    import cv2

    thinning, index, milliseconds = Thinning(task.every, task.fps), 0, 0.0
    while video.grab():
        if index >= task.max_frames:
            return {"end": "too_long", "frames": index, "last_milliseconds": milliseconds}
        milliseconds = video.get(cv2.CAP_PROP_POS_MSEC)
        if thinning.takes(index, milliseconds / 1000):
            decoded, picture = video.retrieve()
            if not decoded or picture.ndim != 3 or picture.shape[0] * picture.shape[1] > task.max_pixels:
                return {"end": "too_large" if decoded else "ended", "frames": index, "last_milliseconds": milliseconds}
            height, width = picture.shape[:2]
            _write(HEADER.pack(index, milliseconds, width, height))
            _write(picture.data)
        index += 1
    return {"end": "ended", "frames": index, "last_milliseconds": milliseconds}


def _write(data: bytes | memoryview) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(1, rest) :]


def arguments_for(task: Task) -> list[str]:
    """The arguments, after Python's own, of a process that does `task`; it finds modules where this one does."""
    program = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main()"
    return ["-c", program, json.dumps(asdict(task))]
