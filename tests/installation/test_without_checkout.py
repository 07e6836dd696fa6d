"""The installed command, with nothing of a checkout around it: defaults, --write-config, --image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from masking.core.config.loading import load_config
from masking.core.config.options import IN_CHECKOUT, PROJECT_FOLDER
from masking.core.errors import ExitCode
from tests.sharing import made_once

MODULES = ("batch_process.py", "batch_helper.py", "landmark_cropping.py")
ON_WINDOWS = "import sys; sys.platform = 'win32'; import masking"


@pytest.fixture(scope="session")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel holds, and what has been compiled of it."""

    def install(folder: Path) -> None:
        shutil.copytree(PROJECT_FOLDER / "masking", folder / "masking")
        for name in MODULES:
            shutil.copy(PROJECT_FOLDER / name, folder)

    return made_once(tmp_path_factory, "site-packages", install)


def batch_process(site_packages: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = f"import sys; sys.argv[0] = 'batch-process'; sys.path[:1] = [{str(site_packages)!r}]\n"
    command = [sys.executable, "-c", call + "import batch_process; sys.exit(batch_process.main())", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment())


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_a_photo_is_masked_with_one_command(site_packages: Path, tmp_path: Path) -> None:
    shutil.copy(PROJECT_FOLDER / "examples" / "portraits" / "grace_hopper.jpg", tmp_path / "photo.jpg")
    done = batch_process(site_packages, tmp_path, "--image", "photo.jpg")
    assert done.returncode == ExitCode.ALL_DONE, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"photo.jpg", "output"}
    written = {path.name for path in (tmp_path / "output").rglob("*") if path.is_file()}
    assert written >= {"photo_overlay.png", "photo_mask_only.png", "photo_mesh.obj"}


def test_a_tree_needs_no_ini(site_packages: Path, query_folder: Path, tmp_path: Path) -> None:
    done = batch_process(site_packages, tmp_path, "--input-folder", "query")
    assert done.returncode == ExitCode.ALL_DONE, done.stderr
    assert (tmp_path / "output" / "query" / "outcomes.csv").is_file()
    assert len(list(query_folder.rglob("*_overlay.png"))) == 6


def test_without_an_input_folder_it_says_how_to_name_one(site_packages: Path, tmp_path: Path) -> None:
    done = batch_process(site_packages, tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == (
        "error: command line: [DEFAULT] INPUT_FOLDER is missing; give it as --input-folder DIR, or in an INI, which "
        "--write-config writes\n"
    )


def test_models_of_ones_own_are_looked_for_in_the_current_folder(site_packages: Path, tmp_path: Path) -> None:
    said = batch_process(site_packages, tmp_path, "--doctor").stdout
    assert f"missing   {tmp_path / 'model' / 'ring_6_68641.meta'}" in said
    assert "It can start." in said


def test_the_documented_ini_is_written_once_and_works(site_packages: Path, query_folder: Path, tmp_path: Path) -> None:
    assert batch_process(site_packages, tmp_path, "--write-config").returncode == ExitCode.ALL_DONE
    written = tmp_path / "batch_process_config.ini"
    config = load_config(written)
    assert config.folders.input_folder == query_folder
    # An untouched default means the project's own folder, here the checkout's, unless one lies beside the INI.
    assert config.reconstruction.model_folder == PROJECT_FOLDER / "model"
    (tmp_path / "model").mkdir()
    assert load_config(written).reconstruction.model_folder == tmp_path / "model"
    assert written.read_text(encoding="utf-8").count("\n# ") > 20

    written.write_text(
        written.read_text(encoding="utf-8").replace("SAVE_MESH = yes", "SAVE_MESH = no"), encoding="utf-8"
    )
    again = batch_process(site_packages, tmp_path, "--write-config")
    assert again.returncode == ExitCode.USAGE
    assert again.stderr == "error: batch_process_config.ini exists already, and is left as it is; move it away first\n"
    assert batch_process(site_packages, tmp_path).returncode == ExitCode.ALL_DONE
    assert not list(query_folder.rglob("*.obj"))


def test_help_names_the_command_as_it_was_called(site_packages: Path, tmp_path: Path) -> None:
    said = batch_process(site_packages, tmp_path, "--help").stdout
    assert "usage: batch-process " in said
    assert "batch_process.py" not in said


def test_this_is_a_checkout() -> None:
    assert IN_CHECKOUT


def test_on_native_windows_one_sentence_says_what_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert done.stderr.startswith("error: batch-face-masking runs on Linux and macOS; on Windows it runs in WSL2")
    assert done.stderr.count("\n") == 1
