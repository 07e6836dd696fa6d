"""Any two runs that could touch one output exclude each other, whoever starts them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode, LockedError
from masking.pipeline import lock
from masking.pipeline.lock import output_lock, run_lock
from tests.conftest import AS_ROOT
from tests.hostile.conftest import Study
from tests.sharing import open_to_others

HOLD = (
    "import os, sys, time; from pathlib import Path; from masking.pipeline.lock import run_lock\n"
    "if len(sys.argv) > 3: os.setgid(65534); os.setuid(65534)\n"
    "with run_lock(Path(sys.argv[1]), Path(sys.argv[2])): print('held', flush=True); time.sleep(60)"
)


@contextmanager
def another_run(query: Path, output: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(query), str(output), *more]
    with subprocess.Popen(command, cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def pretend_read_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true_access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and true_access(path, mode))


@pytest.mark.parametrize("first_is_read_only", [True, False])
def test_one_that_locks_in_the_input_and_one_that_can_lock_in_its_output_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first_is_read_only: bool
) -> None:
    query, first, second = (tmp_path / name for name in ("query", "first", "second"))
    for folder in (query, first, second):
        folder.mkdir()
    with monkeypatch.context() as patch:
        if first_is_read_only:
            pretend_read_only(query, patch)
        held = run_lock(query, first)
        held.__enter__()
    try:
        if not first_is_read_only:
            pretend_read_only(query, monkeypatch)
        with pytest.raises(LockedError, match="another run is working on INPUT_FOLDER"), run_lock(query, second):
            pass
    finally:
        held.__exit__(None, None, None)
    with run_lock(query, second):
        pass


def test_two_that_share_the_output_folder_only(tmp_path: Path) -> None:
    for name in ("query", "database", "output"):
        (tmp_path / name).mkdir()
    with (
        run_lock(tmp_path / "query", tmp_path / "output"),
        pytest.raises(LockedError, match="OUTPUT_FOLDER"),
        run_lock(tmp_path / "database", tmp_path / "output"),
    ):
        pass


@pytest.mark.parametrize("alias", ["link", "link/../link"])
def test_other_names_of_the_same_folder_do_not_deceive(tmp_path: Path, alias: str) -> None:
    for name in ("query", "first", "second"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("query")
    with (
        run_lock(tmp_path / "query", tmp_path / "first"),
        pytest.raises(LockedError),
        run_lock(tmp_path / alias, tmp_path / "second"),
    ):
        pass


def test_one_folder_for_both_is_locked_once(tmp_path: Path) -> None:
    with run_lock(tmp_path, tmp_path), pytest.raises(LockedError), run_lock(tmp_path, tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_loose_image_waits_for_a_run_on_its_output_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "OUTPUT_PATIENCE", 0.3)
    for name in ("query", "output"):
        (tmp_path / name).mkdir()
    started = time.monotonic()
    with (
        run_lock(tmp_path / "query", tmp_path / "output"),
        pytest.raises(LockedError),
        output_lock(tmp_path / "output"),
    ):
        pass
    assert time.monotonic() - started >= 0.3
    with output_lock(tmp_path / "output"):
        pass
    assert list((tmp_path / "output").iterdir()) == []


@pytest.mark.skipif(not AS_ROOT, reason="another user can only be tried by root")
@pytest.mark.parametrize("nobody_is_first", [True, False])
def test_another_user_who_can_write_a_video_but_not_the_tree(
    study: Study, nobody_is_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The input folder is root's; nobody may write into the videos, and has an output folder of its own."""
    theirs = study.folder / "theirs"
    for folder in (theirs, study.output):
        folder.mkdir()
    shutil.chown(theirs, 65534, 65534)
    open_to_others(study.folder)
    for video in (study.query / "Ada").iterdir():
        video.chmod(0o777)
    if nobody_is_first:
        with another_run(study.query, theirs, "as nobody"):
            assert study.run() == ExitCode.LOCKED
            assert "another run is working on INPUT_FOLDER" in study.said
    else:
        with run_lock(study.query, study.output):
            command = [sys.executable, "-c", HOLD, str(study.query), str(theirs), "as nobody"]
            done = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False, timeout=30)
            assert "held" not in done.stdout
            assert "LockedError: another run is working on INPUT_FOLDER" in done.stderr
    study.masked()


@pytest.mark.skipif(not AS_ROOT, reason="another user can only be tried by root")
def test_what_another_users_dead_run_left_locks_nobody_out(study: Study) -> None:
    study.output.mkdir()
    for name in (lock.RUN_LOCK, lock.WORKERS_LOCK):
        for folder in (study.query, study.output):
            path = folder / name
            path.write_text("process 1 on elsewhere")
            path.chmod(0o444)
            shutil.chown(path, 65534, 65534)
    study.masked()
