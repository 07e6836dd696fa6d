"""What many tests share: the two portraits, the example trees made of them, and the embedded default, loaded once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

from examples.make_tree import make_trees, portraits
from masking.core.config import Config, load_config
from tests.installation.environments import network
from tests.lookalikes.checkpoint import write_checkpoint
from tests.lookalikes.flame_files import write_flame_files
from tests.lookalikes.predictor import NAME as PREDICTOR_NAME
from tests.lookalikes.predictor import write_predictor
from tests.sharing import made_once, pytest_report_to_serializable, pytest_xdist_make_scheduler

__all__ = ["network", "pytest_report_to_serializable", "pytest_xdist_make_scheduler"]
settings.register_profile("on a busy machine", deadline=None)
settings.load_profile("on a busy machine")
Picture = npt.NDArray[np.uint8]
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(scope="session")
def example_trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the example trees query/ and database/. Not to be written to."""
    return made_once(tmp_path_factory, "examples", make_trees)


@pytest.fixture
def query_folder(example_trees: Path, tmp_path: Path) -> Path:
    """A query folder of the test's own: six prepared images of two identities."""
    return Path(shutil.copytree(example_trees / "query", tmp_path / "query"))


@pytest.fixture(scope="session")
def crop(example_trees: Path) -> Picture:
    """One prepared image, (224, 224, 3) uint8 RGB."""
    from PIL import Image

    path = example_trees / "query" / "Eileen_Collins" / "1" / "Eileen_Collins_1.000_prep.png"
    return np.array(Image.open(path))


@pytest.fixture(scope="session")
def example_crops(example_trees: Path) -> dict[str, Picture]:
    """One prepared image of each of the two identities."""
    from PIL import Image

    folder = example_trees / "query"
    return {path.name: np.array(Image.open(next(path.rglob("*_prep.png")))) for path in folder.iterdir()}


@pytest.fixture(scope="session")
def crowd(crop: Picture) -> Picture:
    """A face, and a small one in the corner behind it."""
    picture = np.ascontiguousarray(cv2.resize(crop, (448, 448)))
    picture[:140, 308:] = cv2.resize(crop[::-1, ::-1][::-1], (140, 140))
    return picture


@pytest.fixture(scope="session")
def astronaut() -> Picture:
    """Eileen Collins' portrait, (512, 512, 3) uint8 RGB."""
    return portraits()["Eileen_Collins"]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A look-alike of RingNet's checkpoint, under its real name."""
    return made_once(tmp_path_factory, "model", write_checkpoint)


@pytest.fixture(scope="session")
def flame_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Look-alikes of FLAME's files, under their real names."""
    return made_once(tmp_path_factory, "flame_model", write_flame_files)


@pytest.fixture(scope="session")
def predictor_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small 81-point predictor that dlib itself was trained to, under the official one's name."""
    name = "shape_predictor_81_face_landmarks"
    return made_once(tmp_path_factory, name, partial(write_predictor, variants=12)) / PREDICTOR_NAME


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., Config]:
    """Makes a configuration: make_config(input_folder, "SECTION.KEY=VALUE", ...)."""

    def make(input_folder: Path, *settings: str) -> Config:
        overrides = [
            ("--input-folder", "DEFAULT.INPUT_FOLDER", str(input_folder)),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", str(tmp_path / "output")),
            *(("--set", *setting.partition("=")[::2]) for setting in settings),
        ]
        return load_config(None, overrides)

    return make


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium without a window; tests are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium; install it with scripts/install_browser.sh")
    # Chromium's own sandbox does not work for root, as which containers run.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def model_settings(model_folder: Path, flame_folder: Path, predictor_file: Path) -> tuple[str, ...]:
    """Settings that name look-alikes of all of RingNet's files."""
    return (
        f"RECONSTRUCTION.MODEL_FOLDER={model_folder}",
        f"RECONSTRUCTION.FLAME_FOLDER={flame_folder}",
        f"LANDMARKS.PREDICTOR_FILE={predictor_file}",
    )
