"""Make examples/source/: what preparation takes, made of the two portraits.

Two videos of each, in which the head turns from side to side and up and down, and a folder of single frames. The turned
views are synthesised: they convince up to 30 degrees, and no further.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from examples.make_tree import portraits  # noqa: E402
from examples.views import Picture, Portrait, seen_from  # noqa: E402
from masking.faces.finder import FaceFinder  # noqa: E402
from masking.preparation.crop import cut_square  # noqa: E402

FRAME_RATE = 12.5
WIDTH, HEIGHT = 480, 360
CODEC = "mp4v"
"""MPEG-4, which the OpenCV that pip installs can write."""


@dataclass(frozen=True)
class Turning:
    """How a head moves in one made video. yaw, pitch: the farthest turns, degrees. brightness: of the picture."""

    name: str
    frames: int
    yaw: float
    pitch: float
    brightness: float
    mirrored: bool = False


VIDEOS = (Turning("1", 40, 30, 6, 1.0), Turning("2", 40, 24, 14, 0.85, mirrored=True))
SINGLE_FRAMES = Turning("3", 10, 26, 8, 1.1)


def frames_of(portrait: Portrait, turning: Turning) -> Iterator[Picture]:
    """The frames (HEIGHT, WIDTH, 3) uint8 RGB of one made video."""
    for number in range(turning.frames):
        phase = 2 * np.pi * number / turning.frames
        view = seen_from(portrait, turning.yaw * np.sin(phase), turning.pitch * np.sin(2 * phase))
        picture = view.picture[:, ::-1] if turning.mirrored else view.picture
        low, high = view.points[:, :2].min(axis=0), view.points[:, :2].max(axis=0)
        middle = (low + high) / 2
        if turning.mirrored:
            middle[0] = picture.shape[1] - middle[0]
        # The face drifts a little, as in a video that somebody holds in their hand.
        side = round(float((high - low).max()) * (2.6 + 0.3 * np.cos(phase)))
        left, top = (round(float(at - side * (0.5 + drift))) for at, drift in zip(middle, (0.08, 0.02), strict=True))
        square = cut_square(np.ascontiguousarray(picture), left, top, side, WIDTH)
        rows = (WIDTH - HEIGHT) // 2
        frame = square[rows : rows + HEIGHT] * turning.brightness
        yield np.clip(np.rint(frame), 0, 255).astype(np.uint8)


def write_video(path: Path, frames: Iterator[Picture], frame_rate: float = FRAME_RATE) -> None:
    """Encode `frames`, uint8 RGB of one size, as the file `path`. Raises RuntimeError where OpenCV can't."""
    writer: cv2.VideoWriter | None = None
    for frame in frames:
        if writer is None:
            size = frame.shape[1], frame.shape[0]
            writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*CODEC), frame_rate, size)
            if not writer.isOpened():
                raise RuntimeError(f"OpenCV can't write {path}")
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    if writer is not None:
        writer.release()


def fitted_portraits() -> list[Portrait]:
    """The two portraits with their face meshes."""
    finder = FaceFinder()
    found = {name: (picture, finder.find(picture).people[0]) for name, picture in portraits().items()}
    return [Portrait(name, picture, person.face.points) for name, (picture, person) in found.items()]


def make_source(folder: Path) -> list[Path]:
    """Write the videos and frames below `folder`, and return their paths."""
    written = []
    for portrait in fitted_portraits():
        identity_folder = folder / portrait.name
        single = identity_folder / SINGLE_FRAMES.name
        single.mkdir(parents=True, exist_ok=True)
        for turning in VIDEOS:
            written.append(identity_folder / f"{turning.name}.mp4")
            write_video(written[-1], frames_of(portrait, turning))
        for number, frame in enumerate(frames_of(portrait, SINGLE_FRAMES)):
            written.append(single / f"{SINGLE_FRAMES.name}.{number}.jpg")
            cv2.imwrite(str(written[-1]), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parent / "source"
    parser.add_argument("--folder", type=Path, default=default, help="where (default: source/ beside this script)")
    options = parser.parse_args(arguments)
    written = make_source(options.folder)
    print(f"{options.folder}: {sum(path.suffix == '.mp4' for path in written)} videos, and single frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
