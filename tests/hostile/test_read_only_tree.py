"""Photos that may only be read: reported before the work starts, with the remedy, which leaves nothing beside them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_process import main
from masking.commands.main import main as command
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from tests.conftest import AS_ROOT
from tests.hostile.conftest import Study

BACKUP = ["--set", "OUTPUT.OUTPUTS=backup"]
WAY_OUT = "--set OUTPUT.OUTPUTS=backup"


def bind_read_only(folder: Path) -> bool:
    """Whether this machine lets a folder be mounted over itself, and no more be written to."""
    bound = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True, check=False)
    if bound.returncode:
        return False
    subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
    return True


@pytest.fixture
def read_only(study: Study) -> Iterator[Study]:
    """A study whose photos are on a read-only bind mount."""
    if not (AS_ROOT and sys.platform == "linux" and bind_read_only(study.query)):
        pytest.skip("only root on Linux may mount")
    yield study
    subprocess.run(["umount", "--lazy", str(study.query)], check=True)


def names_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("extra", [[], ["--dry-run"]])
def test_it_is_said_before_the_work(read_only: Study, extra: list[str]) -> None:
    assert read_only.run(*extra) == ExitCode.USAGE
    assert f"{read_only.query / 'Ada' / '1'} is read-only" in read_only.said
    assert WAY_OUT in read_only.said
    assert "Loading the models" not in read_only.said
    assert not read_only.output.exists()


def test_outputs_in_the_backup_alone(read_only: Study) -> None:
    read_only.masked("--workers", "2", *BACKUP)
    assert not [path for path in names_below(read_only.query) if "overlay" in path]
    assert read_only.backup("_overlay.png").is_file()
    assert read_only.backup("_mesh.obj", "mesh").is_file()
    assert f"Output:        {read_only.output} alone" in read_only.said
    read_only.masked(*BACKUP)
    assert "Skipped: 2 images" in read_only.said
    assert read_only.run("--dry-run", *BACKUP) == ExitCode.ALL_DONE
    assert "0 to do" in read_only.said
    folders = [str(read_only.query), "--output-folder", str(read_only.output)]
    assert command(["audit", *folders]) == ExitCode.ALL_DONE
    assert command(["audit", *folders, "--rerun"]) == ExitCode.ALL_DONE


def test_a_finished_tree_that_was_closed_needs_no_writing(study: Study) -> None:
    study.masked()
    if not (AS_ROOT and bind_read_only(study.query)):
        pytest.skip("only root on Linux may mount")
    try:
        study.masked()
        assert "Nothing to do" in study.said
        study.masked(*BACKUP)
        assert "Nothing to do" in study.said
        assert study.run("--force") == ExitCode.USAGE
        assert WAY_OUT in study.said
    finally:
        subprocess.run(["umount", "--lazy", str(study.query)], check=True)


def test_a_lost_backup_is_made_again_and_the_other_photos_stay(study: Study) -> None:
    study.masked(*BACKUP)
    study.backup("_overlay.png").unlink()
    study.masked(*BACKUP)
    assert study.backup("_overlay.png").is_file()


def test_what_an_earlier_run_wrote_beside_a_photo_goes_once_the_photo_has_no_mask(study: Study) -> None:
    study.masked()
    study.photo.write_bytes(b"no photo any more")
    assert study.run(*BACKUP) == ExitCode.SOME_NOT_DONE
    assert not study.beside("_overlay.png").exists()


def test_what_is_beside_a_photo_and_is_nobodys_is_not_touched(study: Study) -> None:
    study.beside("_overlay.png").write_bytes(b"mine")
    study.masked(*BACKUP)
    study.masked(*BACKUP, "--force")
    assert study.beside("_overlay.png").read_bytes() == b"mine"


def test_back_to_both(study: Study) -> None:
    study.masked(*BACKUP)
    study.masked()
    assert study.beside("_overlay.png").is_file()
    assert command(["audit", str(study.query), "--output-folder", str(study.output)]) == ExitCode.ALL_DONE


@pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
def test_folders_that_another_user_may_only_read(study: Study) -> None:
    """As on a shared disk: no mount, but permissions."""
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in PROJECT_FOLDER.parents):
        pytest.skip("the other user can't read this checkout")
    for folder in (study.folder, *study.folder.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):  # noqa: S108
            folder.chmod(0o755)
    output = study.folder / "theirs"
    output.mkdir()
    os.chown(output, 65534, 65534)
    # The other user may not be able to read this one's Python: what is needed is loaded before.
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import batch_process; "
        "import masking.masks.stage, masking.pipeline.run; "
        "batch_process.main(['--input-folder', '/nowhere', '--output-folder', '/nowhere']); "
        "os.setgid(65534); os.setuid(65534); sys.exit(batch_process.main(sys.argv[2:]))"
    )
    arguments = ["--input-folder", str(study.query), "--output-folder", str(output)]
    done = subprocess.run(
        [sys.executable, "-c", code, str(PROJECT_FOLDER), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.USAGE, done.stdout + done.stderr
    assert WAY_OUT in done.stderr
    assert main([*arguments, *BACKUP]) == ExitCode.ALL_DONE
