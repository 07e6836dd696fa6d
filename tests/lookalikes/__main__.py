"""Write every look-alike file under its real name."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.lookalikes.checkpoint import write_checkpoint
from tests.lookalikes.flame_files import write_flame_files
from tests.lookalikes.predictor import write_predictor


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.lookalikes", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the project's folder, or one in its place")
    parser.add_argument("--full-size", action="store_true", help="a backbone of ResNet-50's size: real speed, 330 MB")
    options = parser.parse_args()
    write_checkpoint(options.folder / "model", full_size=options.full_size)
    write_flame_files(options.folder / "flame_model")
    write_predictor(options.folder / "shape_predictor_81_face_landmarks")


if __name__ == "__main__":
    main()
