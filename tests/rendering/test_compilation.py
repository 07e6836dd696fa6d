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
from masking.geometry.camera import PinholeCamera
from masking.core.config import in_memory_config
from masking.rendering.registry import open_renderer
vertices = np.array([(0.0, 0, 1), (5, 0, 1), (0, 5, 1)])
renderer = open_renderer(in_memory_config())
render = renderer.render(vertices, np.array([(0, 1, 2)]), PinholeCamera(1.0, (0.0, 0.0)), 8, 8)
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


RENDER_A_SLANTED_TRIANGLE = RENDER_A_TRIANGLE.replace("(5, 0, 1), (0, 5, 1)", "(5.6, 0.3, 1), (0.4, 5.7, 1)")


def test_a_constant_from_another_file_is_compiled_again(installed):
    """numba itself looks at the function's own file only."""
    before = run(RENDER_A_SLANTED_TRIANGLE, installed)
    window = installed / "masking" / "rendering" / "window.py"
    text = window.read_text()
    assert "SUBPIXELS = 256\n" in text
    window.write_text(text.replace("SUBPIXELS = 256\n", "SUBPIXELS = 1\n"))
    after = run(RENDER_A_SLANTED_TRIANGLE, installed)
    shutil.rmtree(installed / "masking" / "rendering" / "__pycache__")
    anew = run(RENDER_A_SLANTED_TRIANGLE, installed)
    assert after.returncode == anew.returncode == 0, after.stderr
    assert after.stdout == anew.stdout != before.stdout


def test_machine_code_is_not_taken_from_a_folder_that_everyone_can_write_to(installed):
    cache = installed / "masking" / "rendering" / "__pycache__"
    cache.mkdir()
    cache.chmod(0o777)
    done = run(RENDER_A_TRIANGLE, installed)
    assert done.stdout.split() == ["15"], done.stderr
    assert not list(cache.glob("*.nb[ic]"))
