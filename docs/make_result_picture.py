"""Make docs/pictures/result.png: photo, overlay and mask of the two example portraits, by the pipeline itself."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from batch_helper import ImageMasker  # noqa: E402
from examples.make_tree import face_mesh_landmarks, portraits  # noqa: E402
from masking.core.config import load_config  # noqa: E402
from masking.dataset import PreparedImage  # noqa: E402
from masking.masks.status import Status  # noqa: E402
from masking.preparation.loose_crop import prepare  # noqa: E402

SIZE = 320
GAP = 8


def masked_row(portrait: npt.NDArray[np.uint8], folder: Path) -> npt.NDArray[np.uint8]:
    """Photo, overlay and mask of `portrait` (H, W, 3) side by side."""
    path = folder / "photo_prep.png"
    Image.fromarray(prepare(portrait, face_mesh_landmarks(), size=SIZE)).save(path)
    with tempfile.TemporaryDirectory() as output:
        overrides = [
            ("--input-folder", "DEFAULT.INPUT_FOLDER", str(folder)),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", output),
        ]
        outcome = ImageMasker(load_config(None, overrides)).mask(PreparedImage("identity", "video", path))
    if outcome.status is not Status.MASKED:
        raise SystemExit(outcome.reason)
    gap = np.full((SIZE, GAP, 3), 255, np.uint8)
    pictures = [
        np.asarray(Image.open(path.with_name(f"photo_prep{end}.png"))) for end in ("", "_overlay", "_mask_only")
    ]
    return np.hstack([pictures[0], gap, pictures[1], gap, pictures[2]])


def main() -> int:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [masked_row(portrait, Path(folder)) for portrait in portraits().values()]
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    target = PROJECT_FOLDER / "docs" / "pictures" / "result.png"
    target.parent.mkdir(exist_ok=True)
    Image.fromarray(np.vstack([rows[0], gap, rows[1]])).save(target, optimize=True)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
