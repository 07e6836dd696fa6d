"""What is published: the wheel alone masks a photo, for a user who may write nothing but the own folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from masking import __version__
from masking.core.config.options import PROJECT_FOLDER
from masking.faces.networks import WEIGHTS
from tests.conftest import AS_ROOT
from tests.installation.environments import run_pip

pytestmark = [pytest.mark.installs, pytest.mark.usefixtures("network")]
NOBODY = "nobody"
METADATA = ("pyproject.toml", "README.md", "LICENSE")
NAME = f"batch_face_masking-{__version__}"


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built as docs/releasing.md says."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    # Without what earlier builds have left in the checkout, and setuptools would believe.
    for name in ("masking", "batch_process.py", "batch_helper.py", "landmark_cropping.py", *METADATA):
        copy = shutil.copytree if (PROJECT_FOLDER / name).is_dir() else shutil.copy
        copy(PROJECT_FOLDER / name, source / name)
    subprocess.run([sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", folder], cwd=source, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    return distributions / f"{NAME}-py3-none-any.whl"


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into; pytest's own are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def command(open_folder: Path, wheel: Path) -> Path:
    """batch-process in an environment with nothing but the wheel and what it requires."""
    # The system's Python, for root's own may lie where no other user may look.
    base = next((path for path in ("/usr/bin/python3", sys.executable) if usable_by_nobody(path)), None)
    if base is None:
        pytest.skip("no Python 3.10 to 3.13 on this machine that other users may run")
    environment = open_folder / "environment"
    subprocess.run([base, "-m", "venv", environment], check=True)
    installed = run_pip(environment / "bin" / "python", "install", "--quiet", wheel)
    assert installed.returncode == 0, installed.stderr
    return environment / "bin" / "batch-process"


def usable_by_nobody(python: str) -> bool:
    asking = "import ensurepip, venv, sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))"
    try:
        return as_nobody([python, "-c", asking], Path("/")).returncode == 0
    except OSError:
        return False


def as_nobody(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run without root's rights and without a home, where this is root."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    user = {"user": NOBODY, "group": "nogroup", "extra_groups": []} if AS_ROOT else {}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, **user)


def test_the_metadata_passes_the_indexs_check(distributions: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *distributions.glob("batch_face_masking-*")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("PASSED") == 2


def test_the_wheel_holds_the_weights_with_their_licence_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in (*WEIGHTS, "LICENSE", "README.md"):
        assert f"masking/faces/weights/{name}" in names
    for name in ("frontal_face_detector.svm", "LICENSE", "README.md"):
        assert f"masking/faces/dlib_weights/{name}" in names
    for name in ("centerface.tflite", "LICENSE", "README.md"):
        assert f"masking/faces/centerface_weights/{name}" in names
    for name in ("mtcnn_output.tflite", "LICENSE", "README.md"):
        assert f"masking/faces/mtcnn_weights/{name}" in names
    assert any(name.startswith("masking/report/page/") for name in names)
    assert not [
        name for name in names if name.startswith(("tests", "examples", "benchmarks", "fuzz", "docs", "scripts"))
    ]


def test_the_sdist_holds_what_the_wheel_is_made_of(distributions: Path, wheel: Path) -> None:
    with tarfile.open(distributions / f"{NAME}.tar.gz") as sdist:
        kept = {name.partition("/")[2] for name in sdist.getnames()}
    made_of = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert made_of <= kept


def test_the_wheel_alone_masks_a_photo_for_a_user_who_is_not_root(command: Path, open_folder: Path) -> None:
    folder = open_folder / "photos"
    folder.mkdir()
    shutil.copy(PROJECT_FOLDER / "examples" / "portraits" / "grace_hopper.jpg", folder / "photo.jpg")
    if AS_ROOT:
        shutil.chown(folder, NOBODY)
    done = as_nobody([command, "--image", "photo.jpg"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("photo.jpg: masked\n")
    assert (folder / "output" / "images" / "photo_overlay.png").is_file()
    assert as_nobody([command, "--write-config"], folder).returncode == 0


def test_uvx_runs_the_command_from_the_wheel_file(wheel: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uv", "tool", "run", "--from", wheel, "batch-process", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"batch-process {__version__}\n", done.stderr
