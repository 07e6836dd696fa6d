"""Users' own ONNX files get what their own libraries would give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.core.errors import MissingPackageError, ModelFileError
from masking.reidentification.landmarks import NO_POINTS, FaceLandmarks
from masking.reidentification.recognisers import onnx_network
from masking.reidentification.recognisers.alignment import TEMPLATE, upright_square
from masking.reidentification.recognisers.onnx_nodes import first_node_names
from masking.reidentification.recognisers.onnx_recognisers import (
    ARCFACE,
    ARCFACE_NAME,
    SFACE_NAME,
    ArcFace,
    ArcFaceWithDetector,
    SFace,
)
from masking.reidentification.recognisers.scrfd import SCRFD_NAME, Scrfd, network_input

pytest.importorskip("onnx")
from tests.lookalikes.onnx_networks import write_detector, write_recogniser

FACE = FaceLandmarks(TEMPLATE * 1.7 + [20, 9], NO_POINTS)
PICTURE = np.random.default_rng(3).integers(0, 256, (224, 224, 3)).astype(np.uint8)


def averaged(planes: np.ndarray) -> np.ndarray:
    return np.asarray(planes.reshape(3, 14, 8, 14, 8).mean(axis=(2, 4)).reshape(-1))


def expected(matrix: np.ndarray, mean: float, scale: float) -> np.ndarray:
    planes = (upright_square(PICTURE, FACE.five).transpose(2, 0, 1).astype(np.float64) - mean) / scale
    return averaged(planes) @ matrix


def test_sface_gets_rgb_from_0_to_255(tmp_path: Path) -> None:
    matrix = write_recogniser(tmp_path / SFACE_NAME)
    assert np.allclose(SFace(tmp_path, "opencv").embed(PICTURE, FACE), expected(matrix, 0, 1), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("scales_by_itself", [False, True])
def test_arcface_gets_scaled_pixels_unless_it_scales_by_itself(tmp_path: Path, scales_by_itself: bool) -> None:
    matrix = write_recogniser(tmp_path / ARCFACE_NAME, scales_by_itself=scales_by_itself)
    found = ArcFace(tmp_path, "opencv").embed(PICTURE, FACE)
    assert np.allclose(found, expected(matrix, 127.5, 127.5), rtol=1e-3, atol=1e-3)


def test_onnxruntime_and_opencv_agree(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    write_recogniser(tmp_path / ARCFACE_NAME)
    by_opencv, by_onnxruntime = (
        ArcFace(tmp_path, runtime).embed(PICTURE, FACE) for runtime in ("opencv", "onnxruntime")
    )
    assert np.allclose(by_opencv, by_onnxruntime, atol=1e-4)
    assert "onnxruntime" in ArcFace(tmp_path, "auto").description


def test_a_missing_file_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"is missing.*opencv_zoo"):
        SFace(tmp_path, "auto")


def test_a_file_that_is_not_a_network_is_named(tmp_path: Path) -> None:
    (tmp_path / ARCFACE_NAME).write_bytes(b"<html>please register</html>")
    with pytest.raises(ModelFileError, match=r"w600k_r50.*is not a network"):
        ArcFace(tmp_path, "opencv")


def test_a_missing_onnxruntime_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recogniser(tmp_path / SFACE_NAME)
    monkeypatch.setattr(onnx_network, "find_spec", lambda _: None)
    assert "OpenCV" in SFace(tmp_path, "auto").description
    with pytest.raises(MissingPackageError, match="pip install onnxruntime"):
        SFace(tmp_path, "onnxruntime")


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_the_detector_gives_the_most_confident_faces_landmarks(tmp_path: Path, stride: int) -> None:
    offsets = np.arange(10, dtype=np.float32) / 10
    cells = 640 // stride
    column, row = 3, 5
    write_detector(tmp_path / SCRFD_NAME, stride, 2 * (row * cells + column) + 1, offsets)
    found = Scrfd(tmp_path, ARCFACE, "opencv").find(PICTURE)
    wanted = (np.array([column, row]) * stride + offsets.reshape(5, 2) * stride) * 224 / 640
    assert found is not None
    assert np.allclose(found, wanted, atol=1e-4)


def test_the_detector_sees_nobody_below_one_half(tmp_path: Path) -> None:
    write_detector(tmp_path / SCRFD_NAME, 8, 7, np.zeros(10, np.float32), score=0.49)
    assert Scrfd(tmp_path, ARCFACE, "opencv").find(PICTURE) is None


def test_a_recogniser_is_not_a_detector(tmp_path: Path) -> None:
    write_recogniser(tmp_path / SCRFD_NAME)
    with pytest.raises(ModelFileError):
        Scrfd(tmp_path, ARCFACE, "opencv").find(PICTURE)


def test_the_detector_is_part_of_arcfaces_fingerprint(tmp_path: Path) -> None:
    write_recogniser(tmp_path / ARCFACE_NAME)
    write_detector(tmp_path / SCRFD_NAME, 8, 7, np.zeros(10, np.float32))
    assert len(ArcFaceWithDetector(tmp_path, "opencv").fingerprint) == 128


@pytest.mark.parametrize(
    ("height", "width", "resized"), [(224, 224, (640, 640)), (300, 200, (640, 426)), (200, 301, (425, 640))]
)
def test_the_picture_lies_top_left_and_black_surrounds_it(height: int, width: int, resized: tuple[int, int]) -> None:
    tensor, scale = network_input(np.full((height, width, 3), 255, np.uint8))
    shown = tensor[0, 0] > 0
    assert tensor.shape == (1, 3, 640, 640)
    assert shown[: resized[0], : resized[1]].all()
    assert shown.sum() == resized[0] * resized[1]
    assert scale == resized[0] / height
    assert float(tensor.max()) == pytest.approx(127.5 / 128)


def test_the_names_of_the_first_nodes_are_read(tmp_path: Path) -> None:
    write_recogniser(tmp_path / "a.onnx", scales_by_itself=True)
    assert first_node_names((tmp_path / "a.onnx").read_bytes(), 3) == ["Sub_0", "Mul_1", "Pool"]


@given(st.binary(max_size=200))
def test_any_other_bytes_are_an_error_or_have_no_names(content: bytes) -> None:
    try:
        names = first_node_names(content, 8)
    except ValueError:
        return
    assert all(isinstance(name, str) for name in names)
