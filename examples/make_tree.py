"""Build examples/query/ and examples/database/ from the two portraits in examples/portraits/."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from masking.faces.finder import FaceFinder  # noqa: E402
from masking.faces.landmarks import FaceMeshLandmarks  # noqa: E402
from masking.faces.selection import select  # noqa: E402
from masking.preparation.loose_crop import LOOSE_MARGIN, LandmarkFinder, prepare  # noqa: E402


@dataclass(frozen=True)
class Video:
    """How one made-up video differs from the portrait it is made of: mirrored or not, light, and each frame's crop."""

    name: str
    mirrored: bool
    brightness: float
    crops: tuple[tuple[float, float, float], ...]
    """Margin over the loose one, offset right, offset down; one frame each."""


TREES = {
    "query": (
        Video("1", False, 1.0, ((1.0, 0.0, 0.0), (0.9, 0.02, -0.02))),
        Video("2", False, 0.85, ((1.1, -0.03, 0.02),)),
    ),
    "database": (
        Video("3", True, 1.0, ((1.15, 0.03, 0.03), (0.95, -0.02, -0.03))),
        Video("4", True, 1.1, ((1.25, 0.0, 0.05),)),
    ),
}


def portraits() -> dict[str, npt.NDArray[np.uint8]]:
    """Identity -> portrait (H, W, 3) uint8 RGB."""
    folder = Path(__file__).resolve().parent / "portraits"
    files = {"Eileen_Collins": "eileen_collins.png", "Grace_Hopper": "grace_hopper.jpg"}
    return {identity: np.asarray(Image.open(folder / name).convert("RGB")) for identity, name in files.items()}


def face_mesh_landmarks() -> LandmarkFinder:
    """Finds the 81 landmarks of a frame's one face by the face mesh, which is loaded once."""
    finder, landmarks = FaceFinder(), FaceMeshLandmarks()

    def find_landmarks(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        return landmarks.detect(frame, select(finder.find(frame), "refuse").people)[0]

    return find_landmarks


def make_trees(folder: Path) -> list[Path]:
    """Write the trees below `folder` and return the prepared images' paths."""
    find_landmarks = face_mesh_landmarks()
    written = []
    for tree, videos in TREES.items():
        for identity, portrait in portraits().items():
            for video in videos:
                seen = portrait[:, ::-1] if video.mirrored else portrait
                frame = np.clip(np.rint(seen * video.brightness), 0, 255).astype(np.uint8)
                video_folder = folder / tree / identity / video.name
                video_folder.mkdir(parents=True, exist_ok=True)
                for number, (looser, right, down) in enumerate(video.crops):
                    stem = f"{identity}_{video.name}.{number * 25:03d}"
                    Image.fromarray(frame).save(video_folder / f"{stem}.jpg", quality=95)
                    crop = prepare(frame, find_landmarks, LOOSE_MARGIN * looser, (right, down))
                    path = video_folder / f"{stem}_prep.png"
                    Image.fromarray(crop).save(path)
                    written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent, help="where (default: here)")
    options = parser.parse_args(arguments)
    written = make_trees(options.folder)
    for tree in TREES:
        print(
            f"{options.folder / tree}: {sum(options.folder / tree in path.parents for path in written)} prepared images"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
