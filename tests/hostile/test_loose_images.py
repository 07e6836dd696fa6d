"""--image: no photo touches the outputs of another one that has the same name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch_process import main
from masking.core.errors import ExitCode

Run = Callable[..., int]
NAME = "IMG_0001.png"


@pytest.fixture
def photos(example_trees: Path, tmp_path: Path) -> dict[str, Path]:
    """Three photos of one name: two people's, and one that shows nobody."""
    sources = sorted((example_trees / "query").rglob("*_prep.png"))
    found = {folder: tmp_path / folder / NAME for folder in "xyz"}
    for path in found.values():
        path.parent.mkdir()
    shutil.copy(sources[0], found["x"])
    shutil.copy(sources[-1], found["y"])
    Image.fromarray(np.full((224, 224, 3), 127, np.uint8)).save(found["z"])
    return found


@pytest.fixture
def mask(tmp_path: Path) -> Run:
    return lambda path, *more: main(["--image", str(path), "--output-folder", str(tmp_path / "out"), *more])


def outputs(tmp_path: Path) -> dict[str, bytes]:
    found = [path for path in (tmp_path / "out").rglob("IMG_0001*") if path.is_file()]
    return {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("other", ["y", "z"])
def test_another_photo_of_the_same_name_leaves_them_as_they_are_and_says_whose_they_are(
    photos: dict[str, Path], mask: Run, tmp_path: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mask(photos["x"]) == ExitCode.ALL_DONE
    before = outputs(tmp_path)
    for _ in range(2):
        assert mask(photos[other]) == ExitCode.SOME_NOT_DONE
        said = capsys.readouterr().out
        assert f"belong to another photo of this name, from {photos['x'].parent}" in said
        assert outputs(tmp_path) == before
    assert mask(photos["x"], "--set", "RENDERING.COLOR=ringnet") == ExitCode.ALL_DONE
    assert outputs(tmp_path) != before


def test_the_same_photo_replaces_and_removes_its_own_also_under_another_path(
    photos: dict[str, Path], mask: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mask(photos["x"]) == ExitCode.ALL_DONE
    before = outputs(tmp_path)
    monkeypatch.chdir(photos["x"].parent)
    shutil.copy(photos["y"], photos["x"])
    assert mask(Path(NAME)) == ExitCode.ALL_DONE
    assert outputs(tmp_path).keys() == before.keys()
    assert outputs(tmp_path) != before
    shutil.copy(photos["z"], photos["x"])
    assert mask(photos["x"]) == ExitCode.SOME_NOT_DONE
    assert outputs(tmp_path) == {}


def test_once_they_have_gone_another_may_have_their_names(photos: dict[str, Path], mask: Run, tmp_path: Path) -> None:
    mask(photos["x"])
    shutil.rmtree(tmp_path / "out" / "images")
    shutil.rmtree(tmp_path / "out" / "mesh")
    assert mask(photos["y"]) == ExitCode.ALL_DONE
    before = outputs(tmp_path)
    assert mask(photos["x"]) == ExitCode.SOME_NOT_DONE
    assert outputs(tmp_path) == before


@pytest.mark.parametrize(
    ("path", "said"),
    [("nofile.png", "nofile.png: there is no such file"), (".", "is a folder; --input-folder takes one")],
)
def test_an_image_that_is_not_there_ends_it_at_once(
    mask: Run, tmp_path: Path, path: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mask(tmp_path / path) == ExitCode.USAGE
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("error:") == 1
    assert not (tmp_path / "out").exists()
