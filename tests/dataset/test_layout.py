"""A wrong guess at the folder layout gets an answer that tells what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.errors import EmptyTreeError
from masking.dataset.layout import check_layout

EXPECTED = "INPUT_FOLDER/<identity>/<video>/<name>_prep.png"
LAYOUTS = {
    "an image directly under the identity": (
        "query",
        ["Ada/Ada_0.1_prep.png", "Bob/Bob_0.2_prep.png"],
        "2 prepared images, as Ada/Ada_0.1_prep.png. There is no level for videos: put each identity's images into one "
        "more folder, as Ada/1/Ada_0.1_prep.png.",
    ),
    "one level of folders, of identities or of videos": (
        "query",
        ["7/0.1_prep.png"],
        "There is one level of folders where two are expected: if 7 is an identity, put its images into a folder for "
        "their video, as 7/1/0.1_prep.png; if it is a video, give the folder above as INPUT_FOLDER, {folder.parent}.",
    ),
    "an extra level": (
        "study",
        ["query/Ada/1/Ada_0.1_prep.png"],
        "There is one level of folders too many: if query is a set like query or database, give {folder}/query "
        "as INPUT_FOLDER; else take the extra folders out, as Ada/1/Ada_0.1_prep.png.",
    ),
    "two extra levels": ("study", ["a/b/Ada/1/x_prep.png"], "There are 2 levels of folders too many: if a/b is a set"),
    "no _prep in any name": (
        "query",
        ["Ada/1/Ada_0.1.png", "Ada/1/Ada_0.2.png"],
        "2 images, as Ada/1/Ada_0.1.png. No name ends in _prep. If these are loose crops around one face, rename each, "
        "as Ada_0.1_prep.png. If they are whole frames",
    ),
    "neither _prep nor two levels": ("query", ["Ada/0.1.jpg"], "each must lie two folders deep, 1 now"),
    "images in the input folder itself": (
        "photos",
        ["Ada_0.1_prep.png"],
        "They lie in INPUT_FOLDER itself: move each person's images to <identity>/1/",
    ),
    "an empty folder": ("query", [], "it is empty. Is this the folder that you meant?"),
    "one identity's folder": (
        "Ada",
        ["1/Ada_0.1_prep.png"],
        "It looks like one identity's folder: give the folder that holds all identities, {folder.parent}.",
    ),
    "one video's folder": (
        "Ada/1",
        ["Ada_0.1_prep.png"],
        "It looks like one video's folder: give the folder two levels above it, {folder.parent.parent}.",
    ),
    "a run's outputs": (
        "images",
        ["Ada/1/x_prep_mask_only.png", "Ada/1/x_prep_overlay.png"],
        "2 outputs, as Ada/1/x_prep_mask_only.png. These are masks already, as a run puts them into its OUTPUT_FOLDER",
    ),
    "another format": ("query", ["Ada/1/x_prep.tif"], "Only PNG and JPEG are read. Convert them to PNG"),
    "no images": ("home", ["a/b.txt", "c.csv"], "it holds a, c.csv, and none of the 2 files in it is an image"),
    "folders without a file": ("home", ["a/"], "it holds a, and no file in it is an image"),
}


def make(folder: Path, files: list[str]) -> Path:
    folder.mkdir(parents=True)
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    return folder


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_wrong_layout_is_told_what_was_found_what_is_expected_and_how_to_get_there(
    layout: str, tmp_path: Path
) -> None:
    name, files, advice = LAYOUTS[layout]
    folder = make(tmp_path.resolve() / "data" / name, files)
    with pytest.raises(EmptyTreeError) as caught:
        check_layout(folder)
    said = str(caught.value)
    assert str(folder) in said
    assert advice.format(folder=folder) in said
    assert EXPECTED in said


def test_one_image_in_its_place_is_enough(tmp_path: Path) -> None:
    check_layout(make(tmp_path / "query", ["stray_prep.png", "Ada/1/x_prep.png"]))


def test_a_refusal_that_is_no_matter_of_layout_is_the_runs_to_report(tmp_path: Path) -> None:
    folder = make(tmp_path / "query", ["Ada/1/"])
    (folder / "Ada" / "1" / "x_prep.png").symlink_to(tmp_path)
    check_layout(folder)
