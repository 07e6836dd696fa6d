"""The compiled loops must work wherever the package lies and whoever runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import masking

RENDER_A_TRIANGLE = """
import numpy as np
from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.rendering import open_renderer
vertices = np.array([(0.0, 0, 1), (5, 0, 1), (0, 5, 1)])
render = open_renderer(RenderingOptions()).render(vertices, np.array([(0, 1, 2)]), PinholeCamera(1.0, (0.0, 0.0)), 8, 8)
print(int(render.foreground.sum()))
"""
NOWHERE = "/dev/null"
"""A home in which not even root can make a folder."""


def run(code, folder):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NUMBA_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "HOME": NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def installed(tmp_path):
    shutil.copytree(Path(masking.__file__).parent, tmp_path / "masking", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_without_a_folder_to_cache_in_it_still_renders(installed):
    # A file where the folder should be refuses every user; permissions would not refuse root.
    (installed / "masking" / "rendering" / "__pycache__").write_text("")
    done = run(RENDER_A_TRIANGLE, installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["15"]
    assert not list(installed.rglob("*.nb[ic]"))


def test_machine_code_is_kept_beside_the_source_and_used_again(installed):
    first = run(RENDER_A_TRIANGLE, installed)
    assert first.returncode == 0, first.stderr
    kept = {path: path.stat().st_mtime_ns for path in installed.rglob("*.nb[ic]")}
    assert kept
    second = run(RENDER_A_TRIANGLE, installed)
    assert second.stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in installed.rglob("*.nb[ic]")} == kept


def test_importing_the_room_loads_no_compiler():
    code = "import sys, masking.rendering; print(sorted({'numba', 'llvmlite', 'opendr', 'scipy'} & set(sys.modules)))"
    done = run(code, Path(masking.__file__).parents[1])
    assert done.stdout.strip() == "[]", done.stderr
