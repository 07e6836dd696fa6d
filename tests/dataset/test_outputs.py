"""An image's outputs appear together, or none does."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from masking.core.errors import PublishError
from masking.core.file_state import FileState
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import ALL_KINDS, MASK_ONLY, MESH, OVERLAY, PARAMETERS, TEMPORARY_PREFIX

CONTENTS = {OVERLAY: b"overlay", MASK_ONLY: b"mask", MESH: b"mesh"}
OLD_CONTENTS = {OVERLAY: b"old overlay", MASK_ONLY: b"old mask", MESH: b"old mesh"}


@pytest.fixture
def image(tmp_path: Path) -> PreparedImage:
    video = tmp_path / "query" / "Ada" / "1"
    video.mkdir(parents=True)
    (video / "Ada_1.0_prep.png").write_bytes(b"photo")
    return PreparedImage("Ada", "1", video / "Ada_1.0_prep.png")


def files_below(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_file_stands_beside_the_image_and_in_the_mirrored_backup(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    publisher.publish(image, CONTENTS)
    assert files_below(tmp_path) == {
        "query/Ada/1/Ada_1.0_prep.png": b"photo",
        "query/Ada/1/Ada_1.0_prep_overlay.png": b"overlay",
        "query/Ada/1/Ada_1.0_prep_mask_only.png": b"mask",
        "query/Ada/1/Ada_1.0_prep_mesh.obj": b"mesh",
        "output/images/Ada/1/Ada_1.0_prep_overlay.png": b"overlay",
        "output/images/Ada/1/Ada_1.0_prep_mask_only.png": b"mask",
        "output/mesh/Ada/1/Ada_1.0_prep_mesh.obj": b"mesh",
    }


def test_equal_names_of_two_videos_do_not_collide(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    other = PreparedImage("Ada", "2", tmp_path / "query" / "Ada" / "2" / image.path.name)
    other.path.parent.mkdir()
    publisher.publish(image, CONTENTS)
    publisher.publish(other, {**CONTENTS, OVERLAY: b"other overlay"})
    backup = tmp_path / "output" / "images" / "Ada"
    assert (backup / "1" / "Ada_1.0_prep_overlay.png").read_bytes() == b"overlay"
    assert (backup / "2" / "Ada_1.0_prep_overlay.png").read_bytes() == b"other overlay"


@pytest.mark.parametrize("failing", range(12))
def test_where_any_step_fails_nothing_is_left_not_even_an_earlier_runs_files(
    image: PreparedImage,
    publisher: OutputPublisher,
    tmp_path: Path,
    failing: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every flush and every rename of a publication fails in its turn, as a full or broken disk makes it."""
    publisher.publish(image, OLD_CONTENTS)
    calls = iter(range(1000))
    true_fsync, true_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        true_fsync(descriptor)

    def replace(path: str, target: str) -> None:
        if next(calls) == failing:
            raise OSError(5, "Input/output error")
        true_replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(PublishError, match=r"No space left|Input/output error"):
        publisher.publish(image, CONTENTS)
    assert files_below(tmp_path) == {"query/Ada/1/Ada_1.0_prep.png": b"photo"}


def test_the_overlay_beside_the_image_comes_last(
    image: PreparedImage, publisher: OutputPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed: list[str] = []
    true_replace = os.replace

    def replace(path: str, target: str) -> None:
        renamed.append(target)
        true_replace(path, target)

    monkeypatch.setattr(os, "replace", replace)
    publisher.publish(image, CONTENTS)
    assert len(renamed) == 6
    assert renamed[-1] == str(image.path.with_name("Ada_1.0_prep_overlay.png"))


def test_files_of_kinds_that_are_no_longer_asked_for_are_removed(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    publisher.publish(image, dict.fromkeys(ALL_KINDS, b"old"))
    publisher.publish(image, {OVERLAY: b"new", MASK_ONLY: b"new"})
    assert set(files_below(tmp_path).values()) == {b"photo", b"new"}


def test_an_earlier_runs_files_of_other_kinds_are_removed(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    OutputPublisher(tmp_path / "output").publish(image, dict.fromkeys(ALL_KINDS, b"old"))
    publisher.publish(image, CONTENTS)
    assert set(files_below(tmp_path).values()) == {b"photo", *CONTENTS.values()}


def publish_and_die(image: PreparedImage, output_folder: Path, patch: pytest.MonkeyPatch, renames: int) -> None:
    """Publish `image` in another process that is killed after some `renames`."""
    child = os.fork()
    if child == 0:
        true_replace, calls = os.replace, iter(range(1000))
        patch.setattr(os, "replace", lambda *names: os._exit(9) if next(calls) == renames else true_replace(*names))
        OutputPublisher(output_folder).publish(image, dict.fromkeys(CONTENTS, b"of a worker that died"))
    os.waitpid(child, 0)


@pytest.mark.parametrize("renames", range(6))
def test_what_a_worker_left_that_died_meanwhile_is_replaced(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    neighbour = PreparedImage("Ada", "1", image.path.with_name("Ada_1.1_prep.png"))
    publisher.publish(neighbour, CONTENTS)
    publish_and_die(image, tmp_path / "output", monkeypatch, renames)
    publisher.publish(image, CONTENTS)
    assert sorted(files_below(tmp_path).values()) == sorted([b"photo", *4 * tuple(CONTENTS.values())])


def test_a_folder_that_can_not_be_listed_is_reported(
    image: PreparedImage, publisher: OutputPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listdir(folder: str) -> list[str]:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(os, "listdir", listdir)
    with pytest.raises(PublishError, match="can't be listed: Permission denied"):
        publisher.publish(image, CONTENTS)


def test_withdrawing_removes_outputs_and_leftovers_and_never_the_photo(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.publish(image, OLD_CONTENTS)
    publish_and_die(image, tmp_path / "output", monkeypatch, renames=0)
    assert any(Path(name).name.startswith(TEMPORARY_PREFIX) for name in files_below(tmp_path))
    publisher.withdraw(image)
    assert files_below(tmp_path) == {"query/Ada/1/Ada_1.0_prep.png": b"photo"}


def test_backups_are_not_written_through_links(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "output" / "images").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PublishError, match="link"):
        publisher.publish(image, CONTENTS)
    assert files_below(tmp_path / "elsewhere") == {}
    assert set(files_below(tmp_path)) == {"query/Ada/1/Ada_1.0_prep.png"}


def test_a_link_under_an_outputs_name_is_replaced_not_followed(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    image.path.with_name("Ada_1.0_prep_overlay.png").symlink_to(tmp_path / "precious")
    publisher.publish(image, CONTENTS)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert image.path.with_name("Ada_1.0_prep_overlay.png").read_bytes() == b"overlay"


def test_an_output_that_can_not_be_removed_is_reported(image: PreparedImage, publisher: OutputPublisher) -> None:
    image.path.with_name("Ada_1.0_prep_overlay.png").mkdir()
    with pytest.raises(PublishError, match="can't be removed"):
        publisher.publish(image, CONTENTS)


def test_a_name_too_long_for_its_outputs_is_reported(publisher: OutputPublisher, image: PreparedImage) -> None:
    name = "x" * 246 + "_prep.png"
    long = PreparedImage("Ada", "1", image.path.with_name(name))
    with pytest.raises(PublishError, match="name too long"):
        publisher.publish(long, CONTENTS)


def test_two_workers_that_were_given_the_same_image_publish_it_whole(image: PreparedImage, tmp_path: Path) -> None:
    """As on a cluster that has lost sight of a worker, and given its images to another, while it is still at work."""
    (tmp_path / "output").mkdir()
    workers = [OutputPublisher(tmp_path / "output") for _ in range(2)]
    together = threading.Barrier(2)

    def publish(worker: OutputPublisher) -> dict[str, FileState]:
        together.wait()
        return worker.publish(image, CONTENTS)

    with ThreadPoolExecutor(2) as threads:
        for _ in range(30):
            first, second = threads.map(publish, workers)
            assert first.keys() == second.keys()
            assert sorted(files_below(tmp_path).values()) == sorted([b"photo", *CONTENTS.values(), *CONTENTS.values()])
            workers[0].withdraw(image)


def test_what_stands_already_is_left_as_it_is(image: PreparedImage, publisher: OutputPublisher, tmp_path: Path) -> None:
    """So that a worker that comes too late can be ended at any moment."""
    states = publisher.publish(image, CONTENTS)
    before = {path: path.stat() for path in tmp_path.rglob("*") if path.is_file()}
    assert OutputPublisher(tmp_path / "output").publish(image, CONTENTS) == states
    for path, status in before.items():
        assert (path.stat().st_ino, path.stat().st_ctime_ns) == (status.st_ino, status.st_ctime_ns)


@pytest.mark.parametrize("changed", ["content", "missing", "link", "folder"])
def test_what_is_not_quite_there_is_published_again(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path, changed: str
) -> None:
    publisher.publish(image, {**CONTENTS, PARAMETERS: b"of an earlier run"})
    mesh = image.path.with_name("Ada_1.0_prep_mesh.obj")
    if changed == "content":
        mesh.write_bytes(b"mush")
    else:
        mesh.unlink()
    if changed == "link":
        (tmp_path / "elsewhere").write_bytes(CONTENTS[MESH])
        mesh.symlink_to(tmp_path / "elsewhere")
    if changed == "folder":
        mesh.mkdir()
        with pytest.raises(PublishError, match="can't be removed"):
            publisher.publish(image, CONTENTS)
        return
    publisher.publish(image, CONTENTS)
    assert mesh.read_bytes() == CONTENTS[MESH]
    assert not mesh.is_symlink()
    assert b"of an earlier run" not in files_below(tmp_path).values()


def test_files_of_other_kinds_go_even_where_the_rest_is_unchanged(
    image: PreparedImage, publisher: OutputPublisher, tmp_path: Path
) -> None:
    publisher.publish(image, {**CONTENTS, PARAMETERS: b"old"})
    publisher.publish(image, CONTENTS)
    assert b"old" not in files_below(tmp_path).values()
