"""The pins fit pyproject.toml, every one has a hash, and the list of licences is complete."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from masking.core.config.options import PROJECT_FOLDER
from scripts.list_dependencies import pins

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

PROJECT = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {"requirements-base.txt": (), "requirements.txt": ("ringnet",), "requirements-dev.txt": ("ringnet", "dev")}
LISTED = re.compile(r"^\| (?!package )([a-z0-9-]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def read(name: str) -> str:
    return (PROJECT_FOLDER / name).read_text(encoding="utf-8")


def misfits(requirements: list[str], pinned: dict[str, set[str]]) -> list[str]:
    found = []
    for requirement in map(Requirement, requirements):
        versions = pinned.get(canonicalize_name(requirement.name), set())
        if not versions or not all(requirement.specifier.contains(version) for version in versions):
            found.append(f"{requirement}: pinned are {sorted(versions)}")
    return found


def needed_by(lock: str) -> list[str]:
    extras = PROJECT["optional-dependencies"]
    return PROJECT["dependencies"] + [requirement for extra in EXTRAS[lock] for requirement in extras[extra]]


@pytest.mark.parametrize("lock", EXTRAS)
def test_what_the_project_needs_is_pinned_to_a_version_that_it_accepts(lock: str) -> None:
    assert misfits(needed_by(lock), pins(read(lock))) == []


def test_a_pin_that_does_not_fit_is_found() -> None:
    assert misfits(["numpy>=2,<2.5"], {"numpy": {"2.4.6", "2.5.0"}}) == ["numpy<2.5,>=2: pinned are ['2.4.6', '2.5.0']"]
    assert misfits(["Scikit_Image"], {}) == ["Scikit_Image: pinned are []"]


def test_all_files_pin_the_same_versions() -> None:
    smaller, full, development = (pins(read(lock)) for lock in EXTRAS)
    assert {name: full.get(name) for name in smaller} == smaller
    assert {name: development.get(name) for name in full} == full


def test_the_smaller_file_is_spared_tensorflow_and_what_only_it_needs() -> None:
    assert not {"tensorflow", "keras", "grpcio", "h5py"} & pins(read("requirements-base.txt")).keys()


@pytest.mark.parametrize("name", EXTRAS)
def test_every_pin_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^#.*\n", "", read(name)))
    without = [entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]
    assert without == []


def test_every_pinned_package_is_listed_with_its_licence() -> None:
    listed = {name: set(versions.split(", ")) for name, versions, _ in LISTED.findall(read("docs/dependencies.md"))}
    assert listed == pins(read("requirements.txt")), "run scripts/list_dependencies.py"
    licences = {licence for *_, licence in LISTED.findall(read("docs/dependencies.md"))}
    assert not licences & {"none given", ""}


def test_the_list_is_made_as_its_page_says() -> None:
    made = subprocess.run(
        [sys.executable, "scripts/list_dependencies.py"], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=True
    )
    assert made.stdout.splitlines()[0] == read("docs/dependencies.md").splitlines()[0]
    assert len(made.stdout.splitlines()) == len(read("docs/dependencies.md").splitlines())
