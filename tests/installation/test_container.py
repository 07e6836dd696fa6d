"""The Containerfile is sound as far as that can be checked without building an image."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from masking.core.config.options import PROJECT_FOLDER

STEPS = re.sub(r"\\\n", " ", (PROJECT_FOLDER / "Containerfile").read_text(encoding="utf-8"))
KEPT = [line[1:] for line in (PROJECT_FOLDER / ".dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"]


def copied() -> list[str]:
    return [name for line in re.findall(r"^COPY (.*)$", STEPS, re.MULTILINE) for name in line.split()[:-1]]


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint is not installed")
    linted = subprocess.run([linter, "Containerfile"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.parametrize("name", copied())
def test_what_it_copies_is_there_and_reaches_the_builder(name: str) -> None:
    assert (PROJECT_FOLDER / name).exists()
    assert any(name == kept or name.startswith(f"{kept}/") for kept in KEPT)


def test_it_runs_without_rights_and_with_the_pinned_packages() -> None:
    users = re.findall(r"^USER (.*)$", STEPS, re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}
    assert "--require-hashes -r /project/requirements-base.txt" in STEPS
