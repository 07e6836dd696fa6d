"""Where photos lie is found out or asked for; a wrong guess gets an answer that tells what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.config.options import Folders
from masking.core.errors import ConfigError, EmptyTreeError
from masking.dataset import PreparedImage, walk
from masking.dataset.layout import Layout
from masking.dataset.layout_choice import choose_layout

EXPECTED = "INPUT_FOLDER/<identity>/<video>/<name>_prep.png"
WRONG = {
    "one level of folders, of identities or of videos": (
        "query",
        ["7/0.1_prep.png"],
        "There is one level of folders where two are expected: if 7 is an identity, put its images into a folder for "
        "their video, as 7/1/0.1_prep.png; if it is a video, give the folder above as INPUT_FOLDER, {folder.parent}. "
        "Or, if that is intended, set INPUT_LAYOUT = identity.",
    ),
    "an extra level": (
        "study",
        ["query/Ada/1/Ada_0.1_prep.png"],
        "There is one level of folders too many: if query is a set like query or database, give {folder}/query "
        "as INPUT_FOLDER; otherwise remove the extra folders, to get Ada/1/Ada_0.1_prep.png.",
    ),
    "two extra levels": ("study", ["a/b/Ada/1/x_prep.png"], "There are 2 levels of folders too many: if a/b is a set"),
    "an extra level, of frames": ("YouTubeFaces", ["frame_images_DB/Ada/0/0.1.jpg"], "if frame_images_DB is a set"),
    "sets in the place of identities": (
        "VGGFace2",
        ["test/n000001/0001_01.jpg"],
        "test looks like a set of its own: give {folder}/test as INPUT_FOLDER. Or, if that is intended",
    ),
    "photos at several depths": (
        "photos",
        ["a.jpg", "b/c.jpg"],
        "They lie 0, 1 folders deep: say which are the photos",
    ),
    "prepared images at several depths": ("photos", ["a_prep.jpg", "b/c_prep.jpg"], "They lie 0, 1 folders deep"),
    "an empty folder": ("query", [], "it is empty. Is this the folder that you meant?"),
    "one identity's folder": (
        "Ada",
        ["1/Ada_0.1_prep.png"],
        "It looks like one identity's folder: give the folder that holds all identities, {folder.parent}. Or, if that "
        "is intended, set INPUT_LAYOUT = identity.",
    ),
    "one identity's folder without videos": ("Ada", ["Ada_0001.jpg"], "It looks like one identity's folder: give the"),
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
    "a flat run's outputs": ("images", ["x_mask_only.png", "x_overlay.png"], "These are masks already"),
    "another format": ("query", ["Ada/1/x_prep.heic"], "This format is not read. Convert them to PNG"),
    "no images": ("home", ["a/b.txt", "c.csv"], "it holds a, c.csv, and none of the 2 files in it is an image"),
    "folders without a file": ("home", ["a/"], "it holds a, and no file in it is an image"),
}
RIGHT = {
    "the original's": ("query", ["Ada/1/Ada_0.1.jpg", "Ada/1/Ada_0.1_prep.png", "stray_prep.png"], Layout(2, True)),
    "LFW": ("lfw", ["Ada_Lovelace/Ada_Lovelace_0001.jpg", "Bob/Bob_0001.jpg"], Layout(1, False)),
    "CelebA": ("img_align_celeba", ["000001.jpg", "000002.jpg"], Layout(0, False)),
    "VGGFace2": ("test", ["n000001/0001_01.jpg", "n000009/0002_01.jpg"], Layout(1, False)),
    "YouTubeFaces": ("frame_images_DB", ["Ada_Lovelace/0/0.555.jpg", "Ada_Lovelace/1/1.1.jpg"], Layout(2, False)),
    "photos in one folder": ("holiday", ["IMG_0001.JPG", "IMG_0002.jpeg", "c.webp"], Layout(0, False)),
    "prepared images without videos": ("query", ["Ada/Ada_0.1_prep.png", "Bob/Bob_2_prep.png"], Layout(1, True)),
    "prepared images in one folder": ("crops", ["Ada_0.1_prep.png", "Ada_0.1.png"], Layout(0, True)),
}


def make(folder: Path, files: list[str]) -> Path:
    folder.mkdir(parents=True)
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.touch()
    return folder


def choose(folder: Path, **asked: str) -> Layout:
    return choose_layout(Folders.model_validate({"input_folder": folder, "output_folder": folder, **asked}))


def photos(folder: Path, layout: Layout) -> list[str]:
    return [entry.path.name for entry in walk(folder, layout) if isinstance(entry, PreparedImage)]


@pytest.mark.parametrize("layout", WRONG)
def test_each_wrong_layout_is_reported_with_what_was_found_what_is_expected_and_how_to_get_there(
    layout: str, tmp_path: Path
) -> None:
    name, files, advice = WRONG[layout]
    folder = make(tmp_path.resolve() / "data" / name, files)
    with pytest.raises(EmptyTreeError) as caught:
        choose(folder)
    said = str(caught.value)
    assert str(folder) in said
    assert advice.format(folder=folder) in said
    assert EXPECTED in said


@pytest.mark.parametrize("name", RIGHT)
def test_usual_layouts_are_found_out(name: str, tmp_path: Path) -> None:
    folder, files, layout = RIGHT[name]
    assert choose(make(tmp_path / "data" / folder, files)) == layout


@pytest.mark.parametrize("name", RIGHT)
def test_what_a_run_wrote_beside_the_photos_changes_nothing(name: str, tmp_path: Path) -> None:
    folder_name, files, layout = RIGHT[name]
    folder = make(tmp_path / "data" / folder_name, files)
    before = photos(folder, layout)
    for photo in list(folder.rglob("*.*")):
        for suffix in ("_overlay.png", "_mask_only.png", "_texture.png", "_visualization.png", "_mesh.obj"):
            photo.with_name(photo.stem + suffix).touch()
    assert choose(folder) == layout
    assert photos(folder, layout) == before


def test_what_is_asked_for_goes_before_what_is_found(tmp_path: Path) -> None:
    folder = make(tmp_path / "query", ["Ada/1/x_prep.png", "Ada/y.png", "z.png"])
    assert choose(folder) == Layout(2, True)
    assert photos(folder, choose(folder, input_layout="identity")) == ["y.png"]
    assert photos(folder, choose(folder, input_layout="flat")) == ["z.png"]
    assert photos(folder, choose(folder, input_layout="identity/video", photo_names="all")) == ["x_prep.png"]


def test_a_doubtful_layout_is_taken_where_it_is_asked_for(tmp_path: Path) -> None:
    folder = make(tmp_path / "Ada", ["Ada_0001.jpg"])
    assert choose(folder, input_layout="flat") == Layout(0, False)


def test_one_that_is_asked_for_and_is_not_there_is_reported_with_where_photos_are(tmp_path: Path) -> None:
    folder = make(tmp_path / "photos", ["Ada/1.jpg"])
    with pytest.raises(
        EmptyTreeError, match=r"INPUT_LAYOUT = flat.*1 elsewhere, as Ada/1.jpg; INPUT_LAYOUT = identity"
    ):
        choose(folder, input_layout="flat")
    with pytest.raises(EmptyTreeError, match=r"No name ends in _prep.*or set PHOTO_NAMES = all"):
        choose(folder, photo_names="prep")


@pytest.mark.parametrize(
    ("pattern", "image", "identity"),
    [
        ("", "000001.jpg", "000001"),
        ("", "Ada_0.1_prep.png", "Ada_0.1"),
        (r"^(.+)_[0-9]+$", "Ada_Lovelace_0001.jpg", "Ada_Lovelace"),
        (r"^IMG_(?P<date>\d+)_(?P<identity>\w+)$", "IMG_2024_Ada.jpg", "Ada"),
        (r"^(.+)_[0-9]+$", "unmatched.jpg", "unmatched"),
    ],
)
def test_in_a_flat_folder_names_give_the_identity(pattern: str, image: str, identity: str) -> None:
    assert Layout(0, False, pattern).identity_of("", image) == identity


def test_a_pattern_that_finds_nobody_or_is_not_needed_is_refused(tmp_path: Path) -> None:
    flat, tree = make(tmp_path / "flat", ["a.jpg"]), make(tmp_path / "tree", ["Ada/1/x_prep.png"])
    with pytest.raises(ConfigError, match=r"matches no photo's name without its ending, as a.jpg"):
        choose(flat, identity_pattern="^(.+)_[0-9]+$")
    with pytest.raises(ConfigError, match="is for INPUT_LAYOUT = flat; this tree's is identity/video"):
        choose(tree, identity_pattern="^(.+)_[0-9]+$")


def test_one_image_in_its_place_is_enough(tmp_path: Path) -> None:
    choose(make(tmp_path / "query", ["stray_prep.png", "Ada/1/x_prep.png"]))


def test_a_refusal_that_is_not_a_matter_of_layout_is_the_runs_to_report(tmp_path: Path) -> None:
    folder = make(tmp_path / "query", ["Ada/1/"])
    (folder / "Ada" / "1" / "x_prep.png").symlink_to(tmp_path)
    choose(folder)
