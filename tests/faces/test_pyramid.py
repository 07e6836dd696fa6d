"""Halves of a picture show the same, each pixel the mean of four."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from masking.faces.detector import FULL_RANGE, FaceDetector
from masking.faces.looks import see
from masking.faces.pyramid import Pyramid


def test_each_pixel_of_a_half_is_the_mean_of_four() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (42, 63, 3), dtype=np.uint8)
    half, width = Pyramid(picture).halved(1)
    means = picture[:, :62].reshape(21, 2, 31, 2, 3).mean(axis=(1, 3))
    assert (width, half.shape) == (2, (21, 31, 3))
    assert np.abs(half - means).max() <= 0.5


def test_a_picture_is_halved_no_further_than_to_a_pixel() -> None:
    line, width = Pyramid(np.zeros((3, 5000, 3), np.uint8)).halved(9)
    assert (width, line.shape) == (2, (1, 2500, 3))
    assert Pyramid(np.zeros((8, 8, 3), np.uint8)).halved(-1)[1] == 1


@pytest.mark.parametrize("window", [None, (301, 203, 1503, 1405)])
def test_a_face_is_seen_where_it_is_in_a_picture_of_any_size(
    crop: np.ndarray, window: tuple[int, int, int, int] | None
) -> None:
    detector = FaceDetector(FULL_RANGE)
    photo = np.full((1501, 1607, 3), 90, np.uint8)
    photo[500:1172, 600:1272] = cv2.resize(crop, (672, 672))
    expected = FaceDetector().detect(crop, 0.5)[0].keypoints[:4] * 3 + [600, 500]
    found = see(detector, Pyramid(photo), 0.3, window=window)
    assert np.abs(found[0].keypoints[:4] - expected).max() < 20
