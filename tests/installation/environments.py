"""The Pythons of this machine, and fresh virtual environments of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
OLDEST_PIP = {"3.10": "22.0.2", "3.11": "22.3", "3.12": "23.2.1", "3.13": "24.2"}
"""What the oldest systems with each Python bring: Ubuntu 22.04, and the first releases of the others."""
ASK_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


@cache
def interpreter(version: str) -> Path:
    """A Python of `version`, as 3.12: this one, one on the path, or pyenv's. Skips the test where there is none."""
    if "{}.{}".format(*sys.version_info) == version:
        return Path(sys.executable)
    on_path = shutil.which(f"python{version}")
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in candidates:
        asked = subprocess.run([candidate, "-c", ASK_VERSION], capture_output=True, text=True, check=False)
        if asked.stdout.strip() == version:
            return candidate
    pytest.skip(f"no Python {version} on this machine")


def make_environment(folder: Path, version: str, pip: str = "") -> Path:
    """The Python of a fresh virtual environment, with the pip that it brings or with the one that `pip` requires."""
    subprocess.run([interpreter(version), "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    if pip:
        run_pip(python, "install", "--quiet", "--upgrade", pip).check_returncode()
    return python


def run_pip(python: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What pip says in the environment of `python`."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips the test where pip can't fetch even itself."""
    folder = tmp_path_factory.mktemp("network")
    fetched = run_pip(
        Path(sys.executable), "download", "--no-deps", "--no-cache-dir", "--retries", "1", "-d", folder, "pip"
    )
    if fetched.returncode:
        pytest.skip(f"pip can't fetch packages here: {fetched.stderr.strip().splitlines()[-1]}")
