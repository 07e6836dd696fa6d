"""The oldest Python that the project admits runs all of it; what is newer than that would break at the first import."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER
from tests.installation.environments import SUPPORTED, make_environment, run_pip

IMPORT_ALL = """
import importlib, pkgutil, sys
import masking
for module in pkgutil.walk_packages(masking.__path__, "masking."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.mark.installs
@pytest.mark.usefixtures("network")
def test_every_module_is_imported_and_a_photo_masked(example_trees: Path, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env", SUPPORTED[0])
    run_pip(python, "install", "--quiet", "-r", PROJECT_FOLDER / "requirements-base.txt").check_returncode()
    photo = next(example_trees.rglob("*_prep.png"))
    mask = [PROJECT_FOLDER / "batch_process.py", "--image", photo, "--output-folder", tmp_path / "output"]
    for arguments in (["-c", IMPORT_ALL], mask):
        done = subprocess.run([python, *arguments], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert list((tmp_path / "output").rglob("*_overlay.png"))
