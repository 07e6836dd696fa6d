"""The rules by which the original study's later scripts find photos and masks, rewritten, over a masked tree.

They take the first name in a folder that holds `_prep.` for the photo, tell overlays from photos by the ends of names,
take what stands before the first dot for a label, and turn white into black.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from batch_process import main
from masking.core.errors import ExitCode
from masking.dataset.outputs import ALL_KINDS, OutputKind

PHOTO, OVERLAY, MASK_ONLY = "_prep.png", "_prep_overlay.png", "_prep_mask_only.png"
EVERYTHING = ["SAVE_PARAMETERS=yes", "PARAMETERS_FORMAT=both", "SAVE_VISUALIZATION=yes", "SAVE_ARRAYS=yes"]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def photo_of(folder: Path) -> str:
    """The photo, as the scripts find it: whichever name the file system gives first."""
    return next(name for name in names_in(folder) if "_prep." in name)


def is_valid(folder: Path) -> bool:
    """The final filter's rule: all three are pictures, and the overlay isn't the photo."""
    photo = photo_of(folder)
    overlay, mask_only = (photo.replace(PHOTO, end) for end in (OVERLAY, MASK_ONLY))
    if len({photo, overlay, mask_only}) < 3 or not all((folder / name).exists() for name in (overlay, mask_only)):
        return False
    return not np.array_equal(read(folder / photo), read(folder / overlay))


def images_for_recognition(tree: Path, end: str) -> dict[str, list[Path]]:
    """Pictures by label, as the recognition stage collects them."""
    found: dict[str, list[Path]] = {}
    for path in sorted(tree.rglob(f"*{end}")):
        found.setdefault(path.name.split(".")[0], []).append(path)
    return found


def read(path: Path) -> npt.NDArray[np.uint8]:
    return np.array(Image.open(path))


@pytest.fixture(scope="module")
def masked_tree(example_trees: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with one photo in each video's folder, masked with everything that is written beside it."""
    folder = tmp_path_factory.mktemp("study")
    for number, photo in enumerate(sorted((example_trees / "query").rglob("*_prep.png"))):
        video = folder / "query" / photo.parts[-3] / str(number)
        video.mkdir(parents=True)
        shutil.copy(photo, video)
    arguments = ["--input-folder", str(folder / "query"), "--output-folder", str(folder / "output")]
    settings = [part for key in EVERYTHING for part in ("--set", f"OUTPUT.{key}")]
    assert main([*arguments, *settings]) == ExitCode.ALL_DONE
    return folder / "query"


def videos(tree: Path) -> list[Path]:
    return sorted(path for path in tree.glob("*/*") if path.is_dir())


def test_every_video_is_found_valid(masked_tree: Path) -> None:
    assert len(videos(masked_tree)) == 6
    assert all(map(is_valid, videos(masked_tree)))


def test_only_the_photos_name_is_one_that_the_scripts_take_for_a_photo(masked_tree: Path) -> None:
    for folder in videos(masked_tree):
        names = names_in(folder)
        assert len(names) > 5
        assert [name for name in names if "_prep." in name] == [name for name in names if name.endswith(PHOTO)]


@pytest.mark.parametrize("kind", [kind for kind in ALL_KINDS if kind.beside_image], ids=lambda kind: kind.suffix)
def test_no_kind_of_output_could_be_taken_for_one(kind: OutputKind) -> None:
    assert "_prep." not in f"X_prep{kind.suffix}"


def test_photos_overlays_and_masks_are_as_many_and_have_the_same_labels(masked_tree: Path) -> None:
    photos, overlays, masks = (images_for_recognition(masked_tree, end) for end in (PHOTO, OVERLAY, MASK_ONLY))
    counts = [{label: len(paths) for label, paths in found.items()} for found in (photos, overlays, masks)]
    assert counts[0] == counts[1] == counts[2]
    assert sum(counts[0].values()) == 6


def test_white_turned_to_black_leaves_nothing_but_the_mask(masked_tree: Path) -> None:
    for path in masked_tree.rglob(f"*{MASK_ONLY}"):
        picture = read(path)
        picture[picture == 255] = 0
        corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert not corners.any()
        assert 0.05 < picture.any(axis=2).mean() < 0.8
