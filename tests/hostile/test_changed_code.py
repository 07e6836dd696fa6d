"""A mask of yesterday's code never stays beside one of today's, and whoever runs it hears why work is done again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import masking
from masking.core import code_identity
from masking.core.code_identity import CODE, differences, identity
from masking.core.errors import ExitCode
from masking.pipeline.recipe import Recipe, why_again
from tests.hostile.conftest import Study

PROJECT = Path(masking.__file__).parents[1]
LIGHT = "LIGHT_INTENSITIES = np.array([1.0, 1.0, 0.7])"


class Installed:
    """A copy of the project that can be edited, and its command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # What the renderer was compiled to comes along: compiling it takes longer than all the rest.
        leave = shutil.ignore_patterns("*.pyc")
        shutil.copytree(PROJECT / "masking", folder / "masking", ignore=leave)
        for name in ("batch_process.py", "batch_helper.py", "landmark_cropping.py", "batch_process_config.ini"):
            shutil.copy(PROJECT / name, folder)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / "masking" / name
        text = path.read_text()
        assert old in text
        before = path.stat()
        path.write_text(text.replace(old, new))
        # As rsync and others leave it: the time tells nothing.
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 2_000_000_000))

    def run(self, study: Study, *more: str) -> str:
        done = subprocess.run(
            [sys.executable, str(self.folder / "batch_process.py"), *study.arguments, *more],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == ExitCode.ALL_DONE, done.stderr
        return done.stdout


def overlay(study: Study) -> bytes:
    return study.beside("_overlay.png").read_bytes()


@pytest.mark.thorough
def test_another_light_does_every_image_again(study: Study) -> None:
    installed = Installed(study.folder / "installed")
    installed.run(study)
    before = overlay(study)
    assert "Skipped: 2 images" in installed.run(study, "--verify")
    installed.edit("rendering/shading.py", LIGHT, LIGHT.replace("0.7", "0.1"))
    said = installed.run(study)
    assert "Done again:    2 images, because the program's own code has changed" in said
    assert "Skipped:" not in said
    assert overlay(study) != before


@pytest.mark.parametrize(
    "name",
    ["rendering/shading.py", "reconstruction/facemesh/reconstructor.py", "geometry/camera.py", "masks/verification.py",
     "dataset/images.py", "geometry/obj.py", "core/config/options/rendering.py", "faces/landmarks_81.py"],
)  # fmt: skip
def test_every_file_that_makes_pixels_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    installed = Installed(tmp_path / "installed")
    monkeypatch.setattr(code_identity, "PACKAGE", installed.folder / "masking")
    before = code_identity.code_fingerprint()
    path = installed.folder / "masking" / name
    path.write_text(path.read_text() + "\n")
    assert code_identity.code_fingerprint() != before


def test_data_files_and_the_scripts_beside_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = Installed(tmp_path / "installed")
    monkeypatch.setattr(code_identity, "PACKAGE", installed.folder / "masking")
    data = sorted((installed.folder / "masking").rglob("*.json"))
    seen = {code_identity.code_fingerprint()}
    for path in (*data, installed.folder / "batch_helper.py", installed.folder / "landmark_cropping.py"):
        path.write_text(path.read_text() + "\n")
        seen.add(code_identity.code_fingerprint())
    assert len(seen) == 1 + len(data) + 2


def test_what_only_reports_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = Installed(tmp_path / "installed")
    monkeypatch.setattr(code_identity, "PACKAGE", installed.folder / "masking")
    before = code_identity.code_fingerprint()
    for name in (*code_identity.NO_PIXELS, "pipeline/engines/dispatch.py"):
        path = installed.folder / "masking" / name
        for file in path.rglob("*.py") if path.is_dir() else [path]:
            file.write_text(file.read_text() + "\n")
    assert code_identity.code_fingerprint() == before


def test_libraries_and_python_count(monkeypatch: pytest.MonkeyPatch) -> None:
    known = identity()
    assert {"Python", "machine", "numpy", "SciPy", "OpenCV", "numba", "LiteRT", CODE} <= known.keys()
    assert differences({**known, "numpy": "1.0"}, known) == [f"numpy 1.0 -> {known['numpy']}"]
    assert differences({**known, CODE: "0"}, known) == ["the program's own code has changed"]


def test_all_that_differs_is_said() -> None:
    earlier = Recipe(b"a", b"b", {"numpy": "1.0", "old": "1"})
    now = Recipe(b"x", b"y", {"numpy": "2.0"})
    assert why_again(earlier, now) == (
        "the settings have changed, the models have changed, numpy 1.0 -> 2.0, old 1 -> none"
    )


def test_a_process_notices_that_its_files_were_changed_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not code_identity.has_changed_since_start()
    installed = Installed(tmp_path / "installed")
    monkeypatch.setattr(code_identity, "PACKAGE", installed.folder / "masking")
    assert not code_identity.has_changed_since_start()
    installed.edit("rendering/shading.py", LIGHT, LIGHT.replace("0.7", "0.1"))
    assert code_identity.has_changed_since_start()
