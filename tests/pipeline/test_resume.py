"""An image is left alone only where nothing has changed: not itself, not how it is masked, not what was written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from masking.core.config.options import Config, Folders, OutputOptions
from masking.core.file_state import FileState
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import MASK_ONLY, OVERLAY, VISUALIZATION
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline import resume
from masking.pipeline.journal import Journal
from masking.pipeline.outcome import Outcome
from masking.pipeline.recipe import Recipe
from masking.pipeline.resume import EarlierOutcomes

STAGE = MaskStage()
RECIPE = Recipe(b"settings", b"models")


def state_of(path: Path) -> FileState:
    status = path.stat()
    return FileState(hashlib.sha256(path.read_bytes()).digest(), status.st_size, status.st_mtime_ns)


class Tree:
    """Three images: one masked, one without a face, one that failed; all in the journal."""

    def __init__(self, folder: Path) -> None:
        self.query, self.output = folder / "query", folder / "output"
        self.config = Config(
            folders=Folders(input_folder=self.query, output_folder=self.output),
            output=OutputOptions(save_mesh=False),
        )
        self.video = self.query / "Ada" / "1"
        self.video.mkdir(parents=True)
        self.output.mkdir()
        with Journal(self.output, STAGE, RECIPE) as journal:
            for name, status in (("a", Status.MASKED), ("b", Status.NO_FACE), ("c", Status.FAILED)):
                path = self.video / f"{name}_prep.png"
                path.write_bytes(b"photo " + name.encode())
                image, outputs = PreparedImage("Ada", "1", path), {}
                if status is Status.MASKED:
                    outputs = OutputPublisher(self.output).publish(image, {OVERLAY: b"overlay", MASK_ONLY: b"mask"})
                reason = "" if outputs else "because"
                journal.write([Outcome("Ada", "1", path.name, status, reason, source=state_of(path), outputs=outputs)])

    def sorted_out(
        self, recipe: Recipe = RECIPE, *, verify: bool = False, force: bool = False, **options: bool
    ) -> list[PreparedImage | Outcome]:
        """What EarlierOutcomes makes of the tree."""
        with Journal(self.output, STAGE, recipe) as journal:
            files = STAGE.files(self.config)
            self.earlier = EarlierOutcomes(
                journal, recipe, files, STAGE.finished, verify=verify, force=force, **options
            )
            items = list(self.earlier.sort_out(STAGE.walk(self.config)))
            self.owned = dict(journal.owned(None, None))
            return items

    def to_do(self, recipe: Recipe = RECIPE, *, verify: bool = False, force: bool = False) -> list[str]:
        """Names of the images that have to be done (again)."""
        items = self.sorted_out(recipe, verify=verify, force=force)
        assert [(item.path.name if isinstance(item, PreparedImage) else item.name) for item in items] == sorted(
            path.name for path in self.video.glob("*_prep.png")
        )
        return [item.path.name for item in items if isinstance(item, PreparedImage)]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_masked_and_faceless_images_are_done_and_what_failed_is_tried_again(tree: Tree) -> None:
    assert tree.to_do() == ["c_prep.png"]


def test_other_settings_or_models_do_everything_again(tree: Tree) -> None:
    everything = ["a_prep.png", "b_prep.png", "c_prep.png"]
    assert tree.to_do(Recipe(b"other", b"models")) == everything
    assert tree.to_do(Recipe(b"settings", b"other")) == everything
    assert tree.to_do(force=True) == everything


@pytest.mark.parametrize("name", ["a_prep.png", "a_prep_overlay.png", "a_prep_mask_only.png"])
def test_a_changed_photo_or_output_is_done_again(tree: Tree, name: str) -> None:
    (tree.video / name).write_bytes(b"something else")
    assert tree.to_do() == ["a_prep.png", "c_prep.png"]


@pytest.mark.parametrize("folder", ["query/Ada/1", "output/images/Ada/1"])
def test_a_missing_output_is_done_again_wherever_it_should_be(tree: Tree, tmp_path: Path, folder: str) -> None:
    (tmp_path / folder / "a_prep_overlay.png").unlink()
    assert "a_prep.png" in tree.to_do()


def test_an_image_whose_record_lacks_an_output_that_is_asked_for_is_done_again(tree: Tree) -> None:
    image = PreparedImage("Ada", "1", tree.video / "a_prep.png")
    with Journal(tree.output, STAGE, RECIPE) as journal:
        outputs = OutputPublisher(tree.output).publish(image, {OVERLAY: b"overlay"})
        journal.write([Outcome("Ada", "1", image.name, Status.MASKED, source=state_of(image.path), outputs=outputs)])
    assert tree.to_do() == ["a_prep.png", "c_prep.png"]


def test_an_image_that_has_more_outputs_than_are_asked_for_is_left_alone(tree: Tree) -> None:
    tree.config = tree.config.model_copy(update={"output": OutputOptions(save_mesh=False, outputs="backup")})
    assert tree.to_do() == ["c_prep.png"]


def test_an_output_that_has_become_a_link_is_done_again(tree: Tree) -> None:
    overlay = tree.video / "a_prep_overlay.png"
    overlay.rename(tree.video / "elsewhere")
    overlay.symlink_to("elsewhere")
    assert "a_prep.png" in tree.to_do()


def test_an_output_beside_an_image_without_a_mask_means_that_it_is_done_again(tree: Tree) -> None:
    (tree.video / "b_prep_overlay.png").write_bytes(b"whose?")
    assert tree.to_do() == ["b_prep.png", "c_prep.png"]


def test_where_only_the_time_has_changed_the_content_decides(tree: Tree) -> None:
    for path in (tree.video / "a_prep.png", tree.video / "a_prep_overlay.png"):
        os.utime(path, ns=(1, 1))
    assert tree.to_do() == ["c_prep.png"]


@pytest.mark.parametrize("name", ["a_prep.png", "a_prep_overlay.png"])
def test_verify_finds_what_size_and_time_do_not_show(tree: Tree, name: str) -> None:
    path = tree.video / name
    before = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().swapcase())
    os.utime(path, ns=(before, before))
    assert tree.to_do() == ["c_prep.png"]
    assert tree.to_do(verify=True) == ["a_prep.png", "c_prep.png"]


def test_a_masked_image_that_has_left_the_tree_is_counted_and_its_outputs_are_left_alone(tree: Tree) -> None:
    (tree.video / "a_prep.png").unlink()
    assert tree.to_do() == ["c_prep.png"]
    assert tree.earlier.vanished == 1
    (tree.video / "b_prep.png").unlink()
    assert tree.to_do() == ["c_prep.png"]
    assert tree.earlier.vanished == 1, "one without a mask doesn't count"
    assert (tree.video / "a_prep_overlay.png").exists()


def test_only_what_showed_the_face_of_an_image_that_has_left_the_tree_is_named(tree: Tree) -> None:
    (tree.video / "a_prep.png").unlink()
    tree.sorted_out()
    assert tree.earlier.source_showing_left == []
    image = PreparedImage("Ada", "1", tree.video / "c_prep.png")
    outputs = OutputPublisher(tree.output).publish(image, {OVERLAY: b"overlay", VISUALIZATION: b"the face"})
    with Journal(tree.output, STAGE, RECIPE) as journal:
        journal.write([Outcome("Ada", "1", image.name, Status.MASKED, source=state_of(image.path), outputs=outputs)])
    image.path.unlink()
    tree.sorted_out()
    assert [outcome.name for outcome in tree.earlier.source_showing_left] == ["c_prep.png"]


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.MASKED, Status.FAILED)])
def test_an_image_that_was_found_to_get_no_mask_is_not_tried_again(tree: Tree, status: Status) -> None:
    path = tree.video / "c_prep.png"
    with Journal(tree.output, STAGE, RECIPE) as journal:
        journal.write([Outcome("Ada", "1", path.name, status, "because", source=state_of(path))])
    assert tree.to_do() == []


def test_an_empty_tree_counts_all_that_has_left_it(tree: Tree) -> None:
    for path in tree.video.glob("*_prep.png"):
        path.unlink()
    assert tree.to_do() == []
    assert tree.earlier.vanished == 1


@pytest.mark.parametrize("batch", [1, 2, 3, 256])
def test_refused_entries_among_the_images_confuse_nothing(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(resume, "BATCH", batch)
    for folder in ("a b", "0", "b_prep.png_"):
        (tree.video / folder).mkdir()
        (tree.video / folder / "deep_prep.png").write_bytes(b"photo")
    (tree.query / "shallow_prep.png").write_bytes(b"photo")
    outcomes = [item for item in tree.sorted_out() if isinstance(item, Outcome)]
    assert [item.status for item in outcomes].count(Status.UNREADABLE) == 4
    assert [item.name for item in outcomes if item.recorded] == ["a_prep.png", "b_prep.png"]
    assert tree.earlier.vanished == 0


@pytest.mark.parametrize("batch", [1, 256])
def test_what_an_image_left_goes_once_something_that_is_refused_has_its_name(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(resume, "BATCH", batch)
    (tree.video / "a_prep.png").unlink()
    (tree.video / "a_prep.png").mkdir()
    overlay = tree.video / "a_prep_overlay.png"
    refusal = next(item for item in tree.sorted_out() if isinstance(item, Outcome) and not item.recorded)
    assert refusal.status == Status.UNREADABLE
    assert overlay.exists(), "nothing is removed but by a run"
    tree.sorted_out(removes=True)
    assert not overlay.exists()
    assert tree.earlier.vanished == 0
    tree.sorted_out()
    assert tree.earlier.vanished == 0, "it was noted"


def test_an_image_knows_which_files_in_its_way_no_run_has_written(tree: Tree) -> None:
    (tree.video / "c_prep_overlay.png").write_bytes(b"the user's own")
    (tree.video / "a_prep.png").write_bytes(b"another photo")
    again, failed = (item for item in tree.sorted_out() if isinstance(item, PreparedImage))
    assert "*_overlay.png" in failed.foreign
    assert not {"*_overlay.png", "*_mask_only.png"} & again.foreign, "those are an earlier run's"


def test_what_appears_where_an_image_is_to_be_written_is_ours_from_then_on(tree: Tree) -> None:
    (tree.video / "c_prep_overlay.png").write_bytes(b"the user's own")
    tree.sorted_out()
    (key,) = tree.owned
    assert os.fsdecode(key[2]) == "c_prep.png"
    assert "*_mask_only.png" in tree.owned[key]
    assert "*_overlay.png" not in tree.owned[key]
    mask = tree.video / "c_prep_mask_only.png"
    mask.write_bytes(b"half a mask, by a run that was killed")
    (failed,) = (item for item in tree.sorted_out() if isinstance(item, PreparedImage))
    assert {"*_overlay.png", "*_mask_only.png"} & failed.foreign == {"*_overlay.png"}
