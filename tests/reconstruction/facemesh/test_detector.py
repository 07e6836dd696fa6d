"""The detector finds faces where they are, in pictures of any shape."""

from __future__ import annotations

import numpy as np
import pytest

from masking.reconstruction.facemesh.detector import FaceDetector


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


EYES = np.array([[203.0, 101.0], [247.0, 103.0]])
"""The subject's right and left eye in the portrait, read off by eye."""


@pytest.mark.parametrize("shape", [(512, 512), (300, 512), (512, 350)])
def test_the_eyes_are_found_where_they_are(
    detector: FaceDetector, astronaut: np.ndarray, shape: tuple[int, int]
) -> None:
    detections = detector.detect(np.ascontiguousarray(astronaut[: shape[0], : shape[1]]), 0.5)
    assert len(detections) == 1
    assert np.abs(detections[0].keypoints[:2] - EYES).max() < 8
    left, top, right, bottom = detections[0].box
    assert left < EYES[0, 0] < EYES[1, 0] < right
    assert top < EYES[0, 1] < bottom


def test_two_faces_are_two_detections_best_first(detector: FaceDetector, astronaut: np.ndarray) -> None:
    half = astronaut[:256, 96:352]
    detections = detector.detect(np.hstack([half, half[:, ::-1]]), 0.5)
    assert len(detections) == 2
    assert detections[0].score >= detections[1].score


def test_a_blank_picture_has_none(detector: FaceDetector) -> None:
    assert detector.detect(np.full((64, 200, 3), 128, np.uint8), 0.3) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3)])
def test_odd_shapes_do_no_harm(detector: FaceDetector, shape: tuple[int, int, int]) -> None:
    assert detector.detect(np.zeros(shape, np.uint8), 0.5) == []
