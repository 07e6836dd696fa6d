"""The auditor finds every fault that is planted in a finished tree, and none in a sound one."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from scipy.spatial import ConvexHull, QhullError
from skimage.draw import polygon

from batch_process import main as batch_process
from masking.audit.pictures import _hull_of
from masking.core.errors import ExitCode
from tests.audit.command import audit


@pytest.fixture(scope="module")
def finished(example_trees: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a masked tree `query` and its records `output`. Not to be written to."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(example_trees / "query", folder / "query")
    arguments = ["--input-folder", str(folder / "query"), "--output-folder", str(folder / "output")]
    assert batch_process(arguments) == ExitCode.ALL_DONE
    return folder


class Tree:
    """A finished tree of the test's own, and one of its images to do harm to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photo_file = sorted((folder / "query").rglob("*_prep.png"))[1]
        self.overlay_file = self.photo_file.with_name(self.photo_file.stem + "_overlay.png")
        self.mask_file = self.photo_file.with_name(self.photo_file.stem + "_mask_only.png")
        self.photo, self.overlay, self.mask = (
            np.array(Image.open(path)) for path in (self.photo_file, self.overlay_file, self.mask_file)
        )
        self.inside = np.argwhere((self.mask != 255).any(axis=2))
        self.middle = tuple(self.inside.mean(axis=0).astype(int))

    def save(self) -> None:
        Image.fromarray(self.overlay).save(self.overlay_file)
        Image.fromarray(self.mask).save(self.mask_file)

    def edit_outcomes(self, edit: Callable[[list[dict[str, str]]], None]) -> None:
        path = self.folder / "output" / "outcomes.csv"
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        fields = list(rows[0])
        edit(rows)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fields)
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture
def tree(finished: Path, tmp_path: Path) -> Tree:
    return Tree(Path(shutil.copytree(finished, tmp_path / "finished")))


def the_photo_as_overlay(tree: Tree) -> None:
    tree.overlay = tree.photo
    tree.save()


def an_eye_of_the_photo_in_the_overlay(tree: Tree) -> None:
    row, column = tree.middle
    patch = np.s_[row - 20 : row - 12, column - 20 : column - 8]
    tree.overlay[patch] = tree.photo[patch]
    tree.save()


def an_eye_of_the_photo_in_overlay_and_mask(tree: Tree) -> None:
    row, column = tree.middle
    patch = np.s_[row - 20 : row - 12, column - 20 : column - 8]
    tree.overlay[patch] = tree.mask[patch] = tree.photo[patch]
    tree.save()


def a_grey_photo_in_overlay_and_mask(tree: Tree) -> None:
    grey = np.array(Image.fromarray(tree.photo).convert("L").convert("RGB"))
    Image.fromarray(grey).save(tree.photo_file)
    drawn = (tree.mask != 255).any(axis=2)
    tree.overlay, tree.mask[drawn] = grey, grey[drawn]
    tree.overlay[0, 0] ^= 1
    tree.save()


def one_changed_pixel_outside(tree: Tree) -> None:
    tree.overlay[0, 0] ^= 8
    tree.save()


def a_hole_in_the_overlay(tree: Tree) -> None:
    row, column = tree.middle
    tree.mask[row : row + 5, column : column + 5] = 255
    tree.overlay[row : row + 5, column : column + 5] = tree.photo[row : row + 5, column : column + 5]
    tree.save()


def an_empty_mask(tree: Tree) -> None:
    tree.mask[:] = 255
    tree.save()


def an_overlay_of_another_size(tree: Tree) -> None:
    tree.overlay = tree.overlay[:-1]
    tree.save()


def a_truncated_overlay(tree: Tree) -> None:
    tree.overlay_file.write_bytes(tree.overlay_file.read_bytes()[:-40])


def a_missing_mask(tree: Tree) -> None:
    tree.mask_file.unlink()


def both_files_missing(tree: Tree) -> None:
    tree.mask_file.unlink()
    tree.overlay_file.unlink()


def a_jpeg_under_the_overlays_name(tree: Tree) -> None:
    Image.fromarray(tree.overlay).save(tree.overlay_file, "JPEG", quality=100)


def the_photos_metadata_in_the_overlay(tree: Tree) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "taken at home")
    Image.fromarray(tree.overlay).save(tree.overlay_file, pnginfo=text)


def an_image_without_an_outcome(tree: Tree) -> None:
    tree.edit_outcomes(lambda rows: rows.pop())


def outputs_of_an_image_that_was_not_masked(tree: Tree) -> None:
    tree.edit_outcomes(lambda rows: rows[0].update(status="no_face"))


def an_image_that_was_deleted(tree: Tree) -> None:
    tree.photo_file.unlink()


def a_leftover_of_a_killed_run(tree: Tree) -> None:
    tree.photo_file.with_name(".masking-0123456789abcdef.tmp").touch()


FAULTS = {
    the_photo_as_overlay: "the overlay is the photo",
    an_eye_of_the_photo_in_the_overlay: "not the render's",
    an_eye_of_the_photo_in_overlay_and_mask: "show the photo",
    a_grey_photo_in_overlay_and_mask: "show the photo",
    one_changed_pixel_outside: "1 pixels outside the masked region are not the photo's",
    a_hole_in_the_overlay: "not the render's",
    an_empty_mask: "blank",
    an_overlay_of_another_size: "sizes differ",
    a_truncated_overlay: "can't be read",
    a_missing_mask: "without its other half",
    both_files_missing: "is missing, and the outcome is masked",
    a_jpeg_under_the_overlays_name: "not an 8-bit RGB PNG",
    the_photos_metadata_in_the_overlay: "carries more than pixels: Comment",
    an_image_without_an_outcome: "has no outcome",
    outputs_of_an_image_that_was_not_masked: "is beside an image whose outcome is no_face",
    an_image_that_was_deleted: "output without its prepared image",
    a_leftover_of_a_killed_run: "temporary file",
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_every_planted_fault_is_found(
    tree: Tree, plant: Callable[[Tree], None], capsys: pytest.CaptureFixture[str]
) -> None:
    plant(tree)
    code = audit([str(tree.folder / "query"), "--output-folder", str(tree.folder / "output")])
    assert code == ExitCode.SOME_NOT_DONE
    assert FAULTS[plant] in capsys.readouterr().out


def test_a_sound_tree_has_no_fault(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit([str(finished / "query"), "--output-folder", str(finished / "output")]) == ExitCode.ALL_DONE
    assert "6 prepared images and their outcomes checked, 0 faults found" in capsys.readouterr().out


def test_without_the_records_the_pictures_are_still_checked(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit([str(tree.folder / "query")]) == ExitCode.ALL_DONE
    the_photo_as_overlay(tree)
    assert audit([str(tree.folder / "query")]) == ExitCode.SOME_NOT_DONE


@pytest.mark.parametrize("arguments", [["nowhere"], [".", "--output-folder", "nowhere"]])
def test_folders_that_are_not_there_are_a_usage_error(arguments: list[str], tmp_path: Path) -> None:
    assert audit([str(tmp_path / argument) if argument[0] != "-" else argument for argument in arguments]) == 2


def test_several_masked_faces_are_audited_each(query_folder: Path, tmp_path: Path) -> None:
    photo_file = sorted(query_folder.rglob("*_prep.png"))[0]
    photo = np.array(Image.open(photo_file))
    Image.fromarray(np.hstack([photo, photo[:, ::-1]])).save(photo_file)
    output = tmp_path / "output"
    arguments = ["--input-folder", str(query_folder), "--output-folder", str(output)]
    assert batch_process([*arguments, "--set", "RECONSTRUCTION.SEVERAL_FACES=all"]) == ExitCode.ALL_DONE
    assert audit([str(query_folder), "--output-folder", str(output)]) == ExitCode.ALL_DONE
    overlay_file = photo_file.with_name(photo_file.stem + "_overlay.png")
    overlay = np.array(Image.open(overlay_file))
    overlay[:, 224:] = np.array(Image.open(photo_file))[:, 224:]
    Image.fromarray(overlay).save(overlay_file)
    assert audit([str(query_folder), "--output-folder", str(output)]) == ExitCode.SOME_NOT_DONE


@given(size=st.tuples(st.integers(2, 40), st.integers(2, 40)), data=st.data())
def test_the_hull_of_what_is_drawn_is_what_scikit_image_fills(size: tuple[int, int], data: st.DataObject) -> None:
    pixels = st.tuples(st.integers(0, size[0] - 1), st.integers(0, size[1] - 1))
    points = np.array(data.draw(st.lists(pixels, min_size=3, max_size=20)))
    drawn = np.zeros(size, dtype=bool)
    drawn[tuple(points.T)] = True
    region = _hull_of(drawn)
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:
        assert region is None
        return
    filled = np.zeros(size, dtype=bool)
    filled[polygon(corners[:, 0], corners[:, 1], shape=size)] = True
    assert np.array_equal(region, filled)
