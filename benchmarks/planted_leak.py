"""Does the re-identification test tell a leak from none? Masks that let 20% of the photo through, and masks of noise.

QUERY and DATABASE are masked trees, as benchmarks/study_trees.py and a mask run make them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from masking.core.config import Config
from masking.core.config.options import Folders, ReidentificationOptions
from masking.dataset.images import read_image
from masking.dataset.png import encode_png
from masking.reidentification.kinds import Picture, hidden_region
from masking.reidentification.protocols import Protocol
from masking.reidentification.run import Trees, compare_trees
from masking.reidentification.setups import STUDY_SETUPS
from masking.reidentification.trees import MaskedImage, open_tree

SHARE = 0.2
MEGAPIXELS = 10.0
Change = Callable[[Picture, Picture, Picture], tuple[Picture, Picture]]
_random = np.random.default_rng(0)


def leaking(photo: Picture, overlay: Picture, mask_only: Picture) -> tuple[Picture, Picture]:
    """The overlay with a share of the photo shining through; the mask as it is."""
    inside = hidden_region(photo, overlay, mask_only)[:, :, None]
    mixed = np.rint((1 - SHARE) * overlay + SHARE * photo.astype(np.float64))
    return np.where(inside, mixed, overlay).astype(np.uint8), mask_only


def noise(photo: Picture, _: Picture, __: Picture) -> tuple[Picture, Picture]:
    """Nothing of the person at all."""
    first, second = (_random.integers(0, 255, photo.shape).astype(np.uint8) for _ in range(2))
    return first, second


def main() -> int:
    """Print the table of all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("query", type=Path)
    parser.add_argument("database", type=Path)
    options = parser.parse_args()
    changes: dict[str, tuple[Change | None, Change | None]] = {
        "as masked": (None, None),
        "20% leak in the query": (leaking, None),
        "noise on both sides": (noise, noise),
    }
    for title, (query_change, database_change) in changes.items():
        with TemporaryDirectory() as folder:
            query = changed(options.query, Path(folder, "query"), query_change)
            database = changed(options.database, Path(folder, "database"), database_change)
            show(title, query, database)
    return 0


def changed(source: Path, target: Path, change: Change | None) -> Path:
    """A copy of the masked tree with other overlays and masks."""
    for image in open_tree(source).walk():
        if not isinstance(image, MaskedImage) or not image.overlay.is_file():
            continue
        folder = target / image.identity / image.video
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(image.path, folder)
        pictures = [read_image(path, MEGAPIXELS) for path in (image.path, image.overlay, image.mask_only)]
        overlay, mask_only = change(*pictures) if change else pictures[1:]
        (folder / image.overlay.name).write_bytes(encode_png(overlay))
        (folder / image.mask_only.name).write_bytes(encode_png(mask_only))
    return target


def show(title: str, query: Path, database: Path) -> None:
    """Print rank 1 of each setup over all pairs."""
    only = ReidentificationOptions(parrot=False, geometry=False, controls=False, draws=1)
    config = Config(folders=Folders(input_folder=query, output_folder=query), reidentification=only)
    rows = compare_trees(Trees(query, database), config).study.rows
    print(title)
    for setup in STUDY_SETUPS:
        for row in rows:
            if row.protocol is Protocol.ALL and row.setup == setup.name and row.figures:
                rank, area = row.figures.named["rank_1"], row.figures.named["auc"]
                print(
                    f"  {row.setup:28} {row.recogniser:8} rank 1 {rank.value:.2f} [{rank.low:.2f}, {rank.high:.2f}], "
                    f"chance {rank.chance:.2f}; AUC {area.value:.2f} [{area.low:.2f}, {area.high:.2f}]",
                    flush=True,
                )


if __name__ == "__main__":
    sys.exit(main())
