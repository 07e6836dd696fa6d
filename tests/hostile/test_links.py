"""Somebody who can write into the folders puts a link, a FIFO or a device where a run is going to write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from tests.hostile.conftest import Study

PRECIOUS = b"a photo that nobody must touch"


def symbolic(name: Path, target: Path) -> None:
    name.symlink_to(target)


def hard(name: Path, target: Path) -> None:
    name.hardlink_to(target)


def dangling(name: Path, target: Path) -> None:
    name.symlink_to(target.with_name("made by a link"))


LINKS = [symbolic, hard, dangling]
NAMES = [
    "query/.masking-run.lock", "query/.masking-workers.lock", "output/.masking-run.lock", "output/run.log",
    "output/outcomes.csv.partial", "output/run.json.partial", "output/report.html.partial", "output/input_folder.tmp",
    "output/input_folder.json.partial", "output/input_folder.json", "output/outcomes.csv", "output/run.json",
    "output/report.html", "output/journal", "output/journal-wal", "output/journal-shm", "output/journal-journal",
    "output/journal.old", "query/Ada/1/a_prep_overlay.png", "output/images/Ada/1/a_prep_overlay.png",
]  # fmt: skip


@pytest.fixture
def precious(study: Study) -> Path:
    path = study.folder / "elsewhere" / "precious_prep.png"
    path.parent.mkdir()
    path.write_bytes(PRECIOUS)
    return path


def put(study: Study, name: str, link: Callable[[Path, Path], None], target: Path) -> None:
    path = study.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    link(path, target)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_link_under_any_name_that_a_run_writes(
    study: Study, precious: Path, name: str, link: Callable[[Path, Path], None]
) -> None:
    put(study, name, link, precious)
    status = precious.stat()
    assert study.run() in (
        ExitCode.ALL_DONE, ExitCode.SOME_NOT_DONE, ExitCode.OUTPUT_FOLDER, ExitCode.LOCKED, ExitCode.USAGE,
    )  # fmt: skip
    assert precious.read_bytes() == PRECIOUS
    assert precious.stat().st_mtime_ns == status.st_mtime_ns
    assert [path.name for path in precious.parent.iterdir()] == [precious.name]


@pytest.mark.parametrize("name", [name for name in NAMES if "Ada" not in name])
def test_a_fifo_under_any_name_hangs_nothing(study: Study, name: str) -> None:
    put(study, name, lambda path, _: os.mkfifo(path), study.folder)
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *study.arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode in (ExitCode.ALL_DONE, ExitCode.OUTPUT_FOLDER, ExitCode.LOCKED, ExitCode.USAGE)
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["images", "images/Ada", "images/Ada/1", "mesh", "mesh/Ada/1"])
@pytest.mark.parametrize("has_face", [True, False])
def test_what_lies_behind_a_link_below_the_output_folder_is_neither_written_nor_removed(
    study: Study, name: str, has_face: bool
) -> None:
    study.masked()
    elsewhere = study.folder / "elsewhere"
    shutil.move(study.output / name, elsewhere)
    (study.output / name).symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    if not has_face:
        study.photo.write_bytes(b"no photo")
    assert study.run("--force") == ExitCode.SOME_NOT_DONE
    assert "link" in study.said
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before
    assert not study.beside("_overlay.png").exists()


def test_a_video_that_is_exchanged_for_a_link_out_of_the_tree_is_not_written_to(study: Study) -> None:
    """Between the walk and the writing."""
    from masking.core.errors import PublishError
    from masking.dataset import OutputPublisher, PreparedImage
    from masking.dataset.outputs import OVERLAY

    image = PreparedImage("Ada", "1", study.photo)
    elsewhere = study.folder / "elsewhere"
    study.photo.parent.rename(elsewhere)
    (elsewhere / "a_prep_overlay.png").write_bytes(PRECIOUS)
    (study.query / "Ada" / "1").symlink_to(elsewhere)
    publisher = OutputPublisher(study.output)
    study.output.mkdir()
    with pytest.raises(PublishError, match="link"):
        publisher.publish(image, {OVERLAY: b"new"})
    with pytest.raises(PublishError, match="link"):
        publisher.withdraw(image)
    assert (elsewhere / "a_prep_overlay.png").read_bytes() == PRECIOUS
    assert sorted(path.name for path in elsewhere.iterdir()) == ["a_prep.png", "a_prep_overlay.png"]


def test_links_that_stay_inside_the_tree_are_still_followed(study: Study) -> None:
    (study.query / "Ada too").symlink_to("Ada")
    study.masked()
    assert study.beside("_overlay.png").exists()


def test_an_images_own_link_is_replaced_and_its_target_stays(study: Study, precious: Path) -> None:
    study.beside("_texture.png").symlink_to(precious)
    study.masked()
    assert precious.read_bytes() == PRECIOUS


def test_pairs_follow_no_link(study: Study, precious: Path) -> None:
    from batch_process import main

    study.masked()
    (study.output / "pairs.csv.partial").symlink_to(precious)
    (study.output / "pairs.csv").symlink_to(precious)
    assert main(["--pairs", str(study.output), str(study.output)]) == ExitCode.ALL_DONE
    assert precious.read_bytes() == PRECIOUS
    assert not (study.output / "pairs.csv").is_symlink()
