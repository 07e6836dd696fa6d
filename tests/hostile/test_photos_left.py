"""What shows a photo goes with it, and is never readable by more people than the photo was."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from masking.dataset.permissions import Readers, readers_of, readers_within
from tests.conftest import AS_ROOT
from tests.hostile.conftest import Study

SHOWS_PHOTO = ["_overlay.png", "_overlay.npy", "_texture.png", "_visualization.png"]
SHOWING = ["OUTPUT.SAVE_VISUALIZATION=yes", "OUTPUT.SAVE_TEXTURE=yes", "OUTPUT.SAVE_ARRAYS=yes"]
ALL_SHOWN = [part for setting in SHOWING for part in ("--set", setting)]
NO_REPORT = ["--set", "OUTPUT.REPORT=no"]
NO_PHOTOS = ["--set", "OUTPUT.PHOTOS_IN_REPORT=no"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("options", [NO_REPORT, NO_PHOTOS, []])
def test_what_a_killed_run_had_of_its_report_goes(study: Study, options: list[str]) -> None:
    study.output.mkdir()
    (study.output / "report.html.partial").write_text("photos")
    study.masked(*options)
    assert not (study.output / "report.html.partial").exists()


@pytest.mark.parametrize("options", [NO_REPORT, NO_PHOTOS])
def test_an_old_report_goes_before_the_first_image(study: Study, options: list[str]) -> None:
    """Killed at any moment, this run leaves no photos that it was told to leave out."""
    study.masked()
    for copy in range(60):
        shutil.copy(study.photo, study.photo.with_name(f"{copy}_prep.png"))
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *study.arguments, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not (study.output / "outcomes.csv.partial").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.1)
        process.kill()
    assert not (study.output / "report.html").exists()


def test_an_empty_tree_leaves_no_report_and_nothing_that_shows_a_face(study: Study) -> None:
    study.masked("--set", "OUTPUT.SAVE_VISUALIZATION=yes")
    assert (study.output / "report.html").exists()
    for photo in study.query.rglob("*_prep.png"):
        photo.unlink()
    assert study.run() == ExitCode.USAGE
    assert not (study.output / "report.html").exists()
    assert list(study.folder.rglob("*_visualization.png")) == []
    assert study.backup("_mask_only.png").exists()


def test_an_empty_tree_whose_output_folder_is_anothers_is_left_alone(study: Study) -> None:
    study.masked()
    empty = study.folder / "empty"
    empty.mkdir()
    from batch_process import main

    assert main(["--input-folder", str(empty), "--output-folder", str(study.output)]) == ExitCode.USAGE
    assert (study.output / "report.html").exists()


def test_visualization_and_texture_of_a_deleted_photo_go(study: Study) -> None:
    study.masked("--set", "OUTPUT.SAVE_VISUALIZATION=yes")
    study.photo.unlink()
    study.masked("--set", "OUTPUT.SAVE_VISUALIZATION=yes")
    assert not study.beside("_visualization.png").exists()
    assert not study.backup("_visualization.png").exists()
    assert study.beside("_mask_only.png").exists()
    assert "showed the face, were removed" in study.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_dry_run_that_is_ended_leaves_no_folder(study: Study, number: signal.Signals) -> None:
    temporary = study.folder / "tmp"
    temporary.mkdir()
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *study.arguments, "--dry-run"]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(temporary)}, stderr=subprocess.PIPE) as process:
        while not list(temporary.glob("masking-dry-run-*")) and process.poll() is None:
            time.sleep(0.005)
        time.sleep(0.3)
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == ExitCode.INTERRUPTED, said
    assert b"Traceback" not in said
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("photo_mode", [0o600, 0o640, 0o644, 0o400])
def test_nothing_that_shows_the_photo_is_readable_by_more_people(study: Study, photo_mode: int) -> None:
    study.photo.chmod(photo_mode)
    previous = os.umask(0)
    try:
        study.masked("--set", "OUTPUT.SAVE_VISUALIZATION=yes", "--set", "OUTPUT.SAVE_ARRAYS=yes")
    finally:
        os.umask(previous)
    written = [path for path in study.folder.rglob("*") if path.is_file() and path.name.startswith("a_prep_")]
    showing = [path for path in written if "/1/" in str(path) and path.name.endswith(tuple(SHOWS_PHOTO))]
    assert len(showing) == 5
    for path in (*showing, study.output / "report.html"):
        assert mode(path) & 0o044 & ~photo_mode == 0, path
    assert mode(study.beside("_mask_only.png")) == 0o666


@pytest.mark.parametrize("closed", ["query", "query/Ada", "query/Ada/1"])
def test_a_folder_that_keeps_others_off_the_photos_does_so_in_the_backup(study: Study, closed: str) -> None:
    (study.folder / closed).chmod(0o700)
    study.masked()
    assert mode(study.backup("_overlay.png")) & 0o077 == 0
    assert mode(study.output / "report.html") & 0o077 == 0
    assert mode(study.backup("_mask_only.png")) & 0o004


@pytest.mark.skipif(not AS_ROOT, reason="only root may give files to other groups")
def test_the_group_that_may_read_the_overlay_is_the_photos(study: Study) -> None:
    for path in (study.query, *study.query.rglob("*")):
        shutil.chown(path, group=65534)
    study.photo.chmod(0o640)
    study.masked()
    assert study.beside("_overlay.png").stat().st_gid == 65534
    assert mode(study.beside("_overlay.png")) == 0o640


def test_a_photo_that_was_closed_since_closes_its_overlay_with_the_next_run(study: Study) -> None:
    study.masked()
    assert mode(study.beside("_overlay.png")) & 0o044
    study.photo.chmod(0o600)
    study.masked()
    assert "Skipped: 1 images" in study.said
    assert mode(study.beside("_overlay.png")) & 0o044 == 0


def test_readers_are_those_of_the_file_and_of_all_folders_above(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    # pytest's own folders below the temporary one are closed to others.
    for folder in (tmp_path, *tmp_path.parents):
        if folder == tmp_path or folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    photo = inner / "photo"
    photo.touch()
    photo.chmod(0o644)
    everyone = readers_of(photo.stat())
    assert readers_within(str(inner), everyone).mode == 0o666
    (tmp_path / "a").chmod(0o750)
    assert readers_within(str(inner), everyone).mode == 0o660
    (tmp_path / "a").chmod(0o705)
    assert readers_within(str(inner), everyone).mode == 0o606
    assert Readers(0o660, 1).joined(Readers(0o660, 2)).mode == 0o600
    assert Readers(0o666, 1).joined(Readers(0o660, 1)) == Readers(0o660, 1)


def test_a_report_without_photos_names_no_absolute_path(study: Study) -> None:
    Image.fromarray(np.full((224, 224, 3), 127, np.uint8)).save(study.query / "Ada" / "2" / "a_prep.png")
    study.beside("_mesh.obj").write_bytes(b"in the way")
    assert study.run(*NO_PHOTOS) == ExitCode.SOME_NOT_DONE
    page = (study.output / "report.html").read_text()
    data = page[page.index('"run":') - 1 :]
    assert str(study.folder) not in page
    assert str(PROJECT_FOLDER) not in page
    assert str(Path.home()) not in data or str(Path.home()) == "/"
    assert re.findall(r'"(?:/[\w.-]+){2,}', data) == []
    assert "was there before" in data


def test_a_report_with_photos_still_says_where_they_are(study: Study) -> None:
    study.masked()
    assert str(study.query) in (study.output / "report.html").read_text()
