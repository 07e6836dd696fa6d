"""Masked example trees, and a stand-in recogniser that takes milliseconds."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from masking import mask_tree
from masking.core.config import Config, load_config
from masking.reidentification.run import Result, Trees, compare_trees
from tests.sharing import made_once


@pytest.fixture(scope="session")
def masked_once(example_trees: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """query/ and database/ of the examples, masked, with their runs' output/query and output/database."""

    def make(folder: Path) -> None:
        for side in ("query", "database"):
            shutil.copytree(example_trees / side, folder / side)
            mask_tree(folder / side, folder / "output" / side, report=False)

    return made_once(tmp_path_factory, "masked_examples", make)


@pytest.fixture
def masked(masked_once: Path, tmp_path: Path) -> Path:
    """The same, of the test's own: query/ and database/ with everything beside the photos."""
    for side in ("query", "database"):
        shutil.copytree(masked_once / side, tmp_path / side)
    return tmp_path


@pytest.fixture(scope="session")
def face_recognition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a stand-in of SFace."""
    pytest.importorskip("onnx")
    from masking.reidentification.recognisers.onnx_recognisers import SFACE_NAME
    from tests.lookalikes.onnx_networks import write_recogniser

    return made_once(tmp_path_factory, "face_recognition", lambda folder: write_recogniser(folder / SFACE_NAME))


@pytest.fixture
def quick_config(face_recognition: Path, tmp_path: Path) -> Callable[..., Config]:
    """Makes a configuration that takes the stand-in: quick_config("SECTION.KEY=VALUE", ...)."""

    return lambda *settings: quick(face_recognition, tmp_path, *settings)


def quick(face_recognition: Path, folder: Path, *settings: str) -> Config:
    """A configuration for folder/query and folder/database that takes the stand-in."""
    given = {
        "DEFAULT.INPUT_FOLDER": folder / "query",
        "DEFAULT.OUTPUT_FOLDER": folder / "results",
        "REIDENTIFICATION.RECOGNISERS": "sface",
        "REIDENTIFICATION.FACE_RECOGNITION_FOLDER": face_recognition,
        "REIDENTIFICATION.ONNX_RUNTIME": "opencv",
        "REIDENTIFICATION.RESAMPLES": 100,
        "REIDENTIFICATION.DRAWS": 3,
    }
    overrides = [("--set", name, str(value)) for name, value in given.items()]
    overrides += [("--set", *setting.partition("=")[::2]) for setting in settings]
    return load_config(None, overrides, check_folders=False)


@pytest.fixture(scope="session")
def result_once(masked_once: Path, face_recognition: Path) -> Result:
    """The examples compared, for tests that only look at it or write it elsewhere."""
    folders = Trees(masked_once / "query", masked_once / "database")
    return compare_trees(folders, quick(face_recognition, masked_once))


@pytest.fixture
def elsewhere(result_once: Result, quick_config: Callable[..., Config]) -> Callable[..., Result]:
    """The same, to be written into this test's folder: elsewhere("SECTION.KEY=VALUE", ...)."""
    return lambda *settings: dataclasses.replace(result_once, config=quick_config(*settings))
