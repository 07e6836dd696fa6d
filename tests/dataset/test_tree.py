"""The walk finds every prepared image, in order, and says what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.dataset import PreparedImage, RefusedEntry, walk
from masking.dataset.names import is_prepared_name


def touch(root: Path, *places: str) -> None:
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(root: Path) -> list[str]:
    return [entry.path.relative_to(root).as_posix() for entry in walk(root) if isinstance(entry, PreparedImage)]


def refused(root: Path) -> dict[str, str]:
    return {entry.relative_path.as_posix(): entry.reason for entry in walk(root) if isinstance(entry, RefusedEntry)}


def test_every_prepared_image_of_every_identity_and_video_is_found_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/2/x_prep.png", "b/1/y_prep.png", "a/1/z_prep.png", "a/1/b_prep.JPG", "a/1/c_prep.jpeg")
    assert found(tmp_path) == [
        "a/1/b_prep.JPG",
        "a/1/c_prep.jpeg",
        "a/1/z_prep.png",
        "b/1/y_prep.png",
        "b/2/x_prep.png",
    ]
    assert refused(tmp_path) == {}


def test_identity_and_video_are_the_folders_names(tmp_path: Path) -> None:
    touch(tmp_path, "Ada L. Ünal/vidéo 1.2/f 0.12_prep.png")
    (image,) = walk(tmp_path)
    assert isinstance(image, PreparedImage)
    assert (image.identity, image.video, image.stem) == ("Ada L. Ünal", "vidéo 1.2", "f 0.12_prep")


def test_frames_and_outputs_of_an_earlier_run_are_no_inputs(tmp_path: Path) -> None:
    touch(tmp_path, *(f"a/1/x{end}" for end in (".jpg", "_prep_overlay.png", "_prep_mask_only.png", "_prep_mesh.obj")))
    touch(tmp_path, "a/1/._x_prep.png", "a/1/x_prep.gif", "a/1/notes.txt", "a/readme")
    assert found(tmp_path) == []
    assert refused(tmp_path) == {}


def test_prepared_images_at_another_depth_are_refused_not_skipped(tmp_path: Path) -> None:
    touch(tmp_path, "x_prep.png", "a/x_prep.png", "a/1/deeper/x_prep.png", "a/1/y_prep.png")
    assert found(tmp_path) == ["a/1/y_prep.png"]
    assert set(refused(tmp_path)) == {"x_prep.png", "a/x_prep.png", "a/1/deeper/x_prep.png"}


def test_two_images_with_the_same_outputs_are_both_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a/1/x_prep.png", "a/1/x_prep.jpg", "a/1/y_prep.png")
    assert found(tmp_path) == ["a/1/y_prep.png"]
    assert set(refused(tmp_path)) == {"a/1/x_prep.png", "a/1/x_prep.jpg"}


def test_links_that_leave_the_tree_are_refused_and_others_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "tree", tmp_path / "outside"
    touch(root, "a/1/x_prep.png")
    touch(outside, "1/secret_prep.png")
    (root / "a" / "1" / "out_prep.png").symlink_to(outside / "1" / "secret_prep.png")
    (root / "a" / "1" / "in_prep.png").symlink_to("x_prep.png")
    (root / "a" / "1" / "gone_prep.png").symlink_to("nothing.png")
    (root / "b").symlink_to(outside)
    (root / "c").symlink_to("a")
    assert found(root) == ["a/1/in_prep.png", "a/1/x_prep.png", "c/1/in_prep.png", "c/1/x_prep.png"]
    reasons = refused(root)
    assert reasons["a/1/out_prep.png"] == reasons["b"] == reasons["c/1/out_prep.png"] == "the link leaves INPUT_FOLDER"
    assert reasons["a/1/gone_prep.png"] == "the link leads nowhere"


def test_a_link_to_a_folder_above_it_does_not_go_round_for_ever(tmp_path: Path) -> None:
    touch(tmp_path, "a/1/x_prep.png")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to("self")
    assert found(tmp_path) == ["a/1/x_prep.png"]
    assert "leads back" in refused(tmp_path)["a/loop"]


def test_the_input_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "tree", "a/1/x_prep.png")
    (tmp_path / "link").symlink_to("tree")
    assert found(tmp_path / "link") == ["a/1/x_prep.png"]


def test_what_is_named_like_an_image_but_is_not_one_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a/1/good_prep.png")
    (tmp_path / "a" / "1" / "folder_prep.png").mkdir()
    os.mkfifo(tmp_path / "a" / "1" / "fifo_prep.png")
    assert found(tmp_path) == ["a/1/good_prep.png"]
    assert set(refused(tmp_path)) == {"a/1/folder_prep.png", "a/1/fifo_prep.png"}


def test_a_folder_that_can_not_be_read_is_reported(tmp_path: Path) -> None:
    touch(tmp_path, "a/1/x_prep.png")
    walked = walk(tmp_path)
    touch(tmp_path, "b/1/y_prep.png")
    assert isinstance(next(walked), PreparedImage)
    (tmp_path / "b" / "1" / "y_prep.png").unlink()
    (tmp_path / "b" / "1").rmdir()
    (tmp_path / "b").rmdir()
    (entry,) = walked
    assert isinstance(entry, RefusedEntry)
    assert entry.relative_path == Path("b")
    assert "No such file" in entry.reason


def test_the_walk_reads_no_folder_before_it_comes_to_it(tmp_path: Path) -> None:
    touch(tmp_path, "a/1/x_prep.png", "b/1/y_prep.png")
    walked = walk(tmp_path)
    next(walked)
    touch(tmp_path, "b/1/z_prep.png")
    assert [entry.path.name for entry in walked if isinstance(entry, PreparedImage)] == ["y_prep.png", "z_prep.png"]


@given(st.text(min_size=1).filter(lambda name: "/" not in name and "\0" not in name and name[0] != "."))
def test_any_name_with_the_right_end_is_prepared_and_its_outputs_are_not(name: str) -> None:
    assert is_prepared_name(f"{name}_prep.png")
    assert not is_prepared_name(f"{name}_prep_overlay.png")
    assert not is_prepared_name(f"{name}_prep_mask_only.png")


@pytest.mark.parametrize("name", ["_prep.png", "x_PREP.PNG", "0.123_prep.jpeg"])
def test_case_and_dots_do_not_matter(name: str) -> None:
    assert is_prepared_name(name)
