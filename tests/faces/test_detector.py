"""The detector finds faces where they are, in pictures of any shape."""

from __future__ import annotations

import numpy as np
import pytest

from masking.faces.detector import (
    BACK,
    FULL_RANGE,
    QUARTER_TURNS,
    SHORT_RANGE,
    DetectorModel,
    FaceDetector,
    _letterbox,
    _merge_overlapping,
)


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


def test_a_large_picture_is_averaged_not_sampled() -> None:
    noise = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (1280, 1280, 3))
    letterbox, _, _ = _letterbox(noise, 128)
    assert letterbox.std() < 0.3, "bilinear samples of this noise deviate by 0.5"


def test_candidates_without_an_area_are_kept_apart_and_come_to_an_end() -> None:
    boxes = np.repeat(np.array([[5.0, 5.0, 5.0, 5.0]]), 3, axis=0)
    detections = _merge_overlapping(boxes, np.zeros((3, 6, 2)), np.array([0.5, 0.9, 0.7]), np.zeros(3, int))
    assert [detection.score for detection in detections] == [0.9, 0.7, 0.5]


@pytest.mark.parametrize("model", [SHORT_RANGE, FULL_RANGE, BACK])
@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_each_detector_finds_the_eyes_in_every_quarter_turn(
    model: DetectorModel, turn: int, astronaut: np.ndarray
) -> None:
    size = astronaut.shape[0]
    picture = np.ascontiguousarray(np.rot90(astronaut, turn))
    best = FaceDetector(model).detect(picture, 0.4, QUARTER_TURNS)[0]
    u, v = EYES.T
    expected = {0: (u, v), 1: (v, size - u), 2: (size - u, size - v), 3: (size - v, u)}[turn]
    assert np.abs(best.keypoints[:2] - np.stack(expected, axis=1)).max() < 15


def test_half_a_face_at_the_border_is_found_by_looking_beyond_it(crop: np.ndarray) -> None:
    half = np.ascontiguousarray(crop[:, 112:])
    beyond = FaceDetector().detect(half, 0.5, QUARTER_TURNS, border=0.25)
    assert beyond
    assert beyond[0].center[0] < 60
