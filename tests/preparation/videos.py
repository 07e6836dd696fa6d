"""Videos that something is wrong or unusual with, made of good ones."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import cv2
import numpy as np

from examples.make_source import write_video
from examples.views import Picture
from tests.preparation.conftest import noise


def cut_off(path: Path) -> None:
    """An AVI, whose header tells how many frames there are, cut in the middle."""
    write_mjpeg(path, noise(60))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def write_mjpeg(path: Path, frames: list[Picture]) -> None:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 25, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()


def without_frames(path: Path) -> None:
    cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48)).release()


def sound_alone(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(np.zeros(8000, np.int16).tobytes())


def wide(path: Path) -> None:
    """16,384 pixels across."""
    write_mjpeg(path, noise(2, 16384, 64))


def rotated(path: Path, frames: list[Picture]) -> None:
    """Stored on its side, with the flag of a phone that says so: to be shown turned clockwise."""
    write_video(path, iter(np.ascontiguousarray(np.rot90(frame)) for frame in frames))
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4
    # Version 0: flags, two times, track, reserved, duration, reserved, layer, group, volume, reserved; then the matrix.
    one, unit = 1 << 16, 1 << 30
    matrix = struct.pack(">9i", 0, one, 0, -one, 0, 0, frames[0].shape[0] << 16, 0, unit)
    content[at + 40 : at + 76] = matrix
    path.write_bytes(bytes(content))


def variable_rate(path: Path, frames: list[Picture], ticks: list[int]) -> None:
    """Frame `number` is shown at `ticks[number]` hundredths of a second: the table of durations is written anew."""
    write_video(path, iter(frames), 100)
    content = path.read_bytes().replace(b"edts", b"free")
    path.write_bytes(_with_durations(content, np.diff([*ticks, ticks[-1] + 1]).tolist()))


def _with_durations(content: bytes, durations: list[int]) -> bytes:
    """MP4 boxes with the box stts, and the sizes of those around it, changed. They stand behind the pictures."""
    result, at = b"", 0
    while at < len(content):
        size, name = struct.unpack(">I4s", content[at : at + 8])
        inner = content[at + 8 : at + size]
        if name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            inner = _with_durations(inner, durations)
        elif name == b"stts":
            (unit,) = struct.unpack(">I", inner[12:16])
            entries = b"".join(struct.pack(">II", 1, unit * duration) for duration in durations)
            inner = struct.pack(">II", 0, len(durations)) + entries
        result += struct.pack(">I4s", len(inner) + 8, name) + inner
        at += size
    return result
