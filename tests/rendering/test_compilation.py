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


LOOP = """
from masking.core.compilation import compiled
from masking.constant import FACTOR

@compiled("int64(int64)")
def times_factor(value):
    return FACTOR * value
"""
CALL_THE_LOOP = "from masking.loop import times_factor; print(times_factor(5))"


@pytest.fixture
def with_loop(installed):
    """The package with one more compiled loop, which takes a constant from another file."""
    (installed / "masking" / "constant.py").write_text("FACTOR = 3")
    (installed / "masking" / "loop.py").write_text(LOOP)
    return installed


def machine_code(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb[ic]")}


@pytest.mark.thorough
def test_without_a_folder_to_cache_in_it_still_renders(installed):
    # A file where the folder should be refuses every user; permissions would not refuse root.
    (installed / "masking" / "rendering" / "__pycache__").write_text("")
    done = run(RENDER_A_TRIANGLE, installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["15"]
    assert not machine_code(installed)


def test_machine_code_is_kept_beside_the_source_and_used_again(with_loop):
    first = run(CALL_THE_LOOP, with_loop)
    assert first.returncode == 0, first.stderr
    kept = machine_code(with_loop)
    assert {path.parent for path in kept} == {with_loop / "masking" / "__pycache__"}
    second = run(CALL_THE_LOOP, with_loop)
    assert second.stdout.split() == first.stdout.split() == ["15"]
    assert machine_code(with_loop) == kept


def test_importing_the_room_loads_no_compiler():
    code = "import sys, masking.rendering; print(sorted({'numba', 'llvmlite', 'opendr', 'scipy'} & set(sys.modules)))"
    done = run(code, Path(masking.__file__).parents[1])
    assert done.stdout.strip() == "[]", done.stderr


def test_a_constant_from_another_file_is_compiled_again(with_loop):
    """numba itself looks at the function's own file only."""
    assert run(CALL_THE_LOOP, with_loop).stdout.split() == ["15"]
    (with_loop / "masking" / "constant.py").write_text("FACTOR = 4")
    assert run(CALL_THE_LOOP, with_loop).stdout.split() == ["20"]


def test_machine_code_is_not_taken_from_a_folder_that_everyone_can_write_to(with_loop):
    cache = with_loop / "masking" / "__pycache__"
    cache.mkdir()
    cache.chmod(0o777)
    done = run(CALL_THE_LOOP, with_loop)
    assert done.stdout.split() == ["15"], done.stderr
    assert not machine_code(with_loop)
