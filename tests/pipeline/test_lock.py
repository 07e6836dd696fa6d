"""One run at a time; a dead process locks nothing out."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.pipeline import lock
from masking.pipeline.lock import LockedError, run_lock

HOLD = (
    "import sys, time; from pathlib import Path; from masking.pipeline.lock import run_lock\n"
    "with run_lock(Path(sys.argv[1]), Path(sys.argv[2])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("query", "output"):
        (tmp_path / name).mkdir()
    return tmp_path / "query", tmp_path / "output"


@pytest.fixture
def holder(folders: tuple[Path, Path]) -> subprocess.Popen[str]:
    """Another process that holds the folders."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, *map(str, folders)], cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_and_hears_who_holds_the_folders(
    holder: subprocess.Popen[str], folders: tuple[Path, Path]
) -> None:
    with pytest.raises(LockedError, match=rf"process {holder.pid} on "), run_lock(*folders):
        pass


def test_also_with_another_output_folder(holder: subprocess.Popen[str], folders: tuple[Path, Path]) -> None:
    with pytest.raises(LockedError), run_lock(folders[0], folders[1].parent):
        pass


def test_a_killed_run_holds_nothing(holder: subprocess.Popen[str], folders: tuple[Path, Path]) -> None:
    holder.kill()
    holder.wait()
    assert list(folders[0].iterdir())
    with run_lock(*folders):
        pass
    assert list(folders[0].iterdir()) == []


def test_an_input_folder_that_can_not_be_written_is_locked_in_the_output_folder(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folders[0])
    with run_lock(*folders) as permit:
        assert Path(permit.lock_file).parent == folders[1]
        assert list(folders[0].iterdir()) == []


def test_a_file_system_without_locks_is_reported(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(LockedError, match=r"offers no locks .* Mount it with locks"), run_lock(*folders):
        pass


def test_the_next_run_waits_for_a_worker_of_the_killed_one(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.3)
    workers_lock = folders[0] / lock.WORKERS_LOCK
    workers_lock.write_text("killed run")
    with lock.WorkPermit(str(workers_lock), "killed run").held():
        started = time.monotonic()
        with pytest.raises(LockedError, match="workers of an earlier run"), run_lock(*folders):
            pass
        assert time.monotonic() - started >= 0.3
    with run_lock(*folders):
        pass


def test_a_worker_of_another_run_takes_up_nothing(folders: tuple[Path, Path]) -> None:
    with run_lock(*folders) as first, first.held():
        pass
    with pytest.raises(LockedError, match="is over"), first.held():
        pass
    with run_lock(*folders) as second:
        with pytest.raises(LockedError, match="another run"), first.held():
            pass
        with second.held(), second.held():
            pass


def test_a_worker_out_of_reach_keeps_the_next_run_waiting(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends, with an error, while a worker that it can't reach any more is still at it."""
    monkeypatch.setattr(lock, "PATIENCE", 0.2)
    with run_lock(*folders) as first:
        out_of_reach = first.held()
        out_of_reach.__enter__()
    with pytest.raises(LockedError, match="workers of an earlier run"), run_lock(*folders):
        pass
    out_of_reach.__exit__(None, None, None)
