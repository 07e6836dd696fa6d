"""The locked requirements install with every pip that the README admits, from an empty environment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from masking.core.config.options import PROJECT_FOLDER
from tests.installation.environments import OLDEST_PIP, SUPPORTED, make_environment, run_pip

LOCKS = ("requirements-base.txt", "requirements.txt", "requirements-dev.txt")
RESOLVED = {"newest": LOCKS[1:], "oldest": LOCKS[2:]}
"""By the pip. Without the smallest lock, whose pins are all in the others; scripts/demo.sh installs it. What an old
pip alone trips over is how something is pinned, and the largest lock has the others' pins, letter by letter.
"""
FARTHEST_APART = {(SUPPORTED[0], "oldest"), (SUPPORTED[-1], "newest")}
"""Pythons and pips that are tried each time; all others take minutes more, before a release."""
PAIRS = [
    pytest.param(*pair, marks=pytest.mark.installs if pair in FARTHEST_APART else pytest.mark.slow)
    for pair in product(SUPPORTED, RESOLVED)
]
PINNED_LINE = re.compile(r"^\S+==.*$", re.MULTILINE)
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?==", re.MULTILINE)


def pinned_extras(lock: str) -> dict[str, set[str]]:
    """Extras by package of the text of a requirements file."""
    found: dict[str, set[str]] = {}
    for name, extras in PIN.findall(lock):
        found.setdefault(canonicalize_name(name), set()).update(filter(None, extras.split(",")))
    return found


def extras_not_pinned(lock: str, needs: Iterable[tuple[str, str]]) -> list[str]:
    """Those of `needs`, pairs of a package and what it requires, that name an extra which `lock` leaves out."""
    pinned = pinned_extras(lock)
    return [
        f"{package} requires {requirement}"
        for package, text in needs
        if (requirement := Requirement(text)).extras - pinned.get(canonicalize_name(requirement.name), set())
        and (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
    ]


def installed_needs(lock: str) -> list[tuple[str, str]]:
    return [(package, text) for package in pinned_extras(lock) for text in requirements_of(package)]


def requirements_of(package: str) -> list[str]:
    try:
        return requires(package) or []
    except PackageNotFoundError:
        return []  # pinned for another Python or system


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_required_with_an_extra_is_pinned_with_it(name: str) -> None:
    lock = (PROJECT_FOLDER / name).read_text(encoding="utf-8")
    needs = installed_needs(lock)
    assert len(needs) > 20
    assert extras_not_pinned(lock, needs) == []


def test_an_extra_that_a_lock_leaves_out_is_found() -> None:
    needs = [("pytest-cov", "coverage[toml]>=7.10.6"), ("pytest-cov", 'process-tests[more]; extra == "testing"')]
    assert extras_not_pinned("coverage==7.17.3\n", needs) == ["pytest-cov requires coverage[toml]>=7.10.6"]
    assert extras_not_pinned("coverage[toml]==7.17.3\n", needs) == []


@pytest.mark.parametrize("smaller", LOCKS[:-1])
def test_the_largest_lock_has_the_others_pins_letter_by_letter(smaller: str) -> None:
    pins, all_pins = (
        set(PINNED_LINE.findall((PROJECT_FOLDER / name).read_text(encoding="utf-8"))) for name in (smaller, LOCKS[-1])
    )
    assert len(pins) > 20
    assert pins <= all_pins


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(("version", "pip"), PAIRS)
def test_both_locks_resolve_from_empty_environments(version: str, pip: str, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env", version, "pip" if pip == "newest" else f"pip=={OLDEST_PIP[version]}")
    with TemporaryDirectory() as downloaded:
        # `download` resolves as `install` does, for pips that have no `--dry-run` yet; it takes twice as long.
        how = ("install", "--dry-run") if has_dry_run(python) else ("download", "-d", downloaded)
        for name in RESOLVED[pip]:
            resolved = run_pip(python, *how, "--quiet", "--require-hashes", "-r", PROJECT_FOLDER / name)
            assert resolved.returncode == 0, f"{name}: {resolved.stderr}"


def has_dry_run(python: Path) -> bool:
    return "--dry-run" in run_pip(python, "install", "--help").stdout
