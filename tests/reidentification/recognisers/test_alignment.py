"""The upright square lies where five landmarks say."""

from __future__ import annotations

import numpy as np
import pytest

from masking.reidentification.recognisers.alignment import TEMPLATE, similarity, upright_square


def turned(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.radians(degrees)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ linear.T + shift)


@pytest.mark.parametrize(("degrees", "scale", "shift"), [(0, 1, (0, 0)), (30, 2.5, (40, -7)), (170, 0.3, (5, 5))])
def test_a_similarity_is_found_exactly(degrees: float, scale: float, shift: tuple[float, float]) -> None:
    linear, moved = similarity(turned(TEMPLATE, degrees, scale, shift), TEMPLATE)
    assert np.allclose(turned(TEMPLATE, degrees, scale, shift) @ linear.T + moved, TEMPLATE)


def test_a_mirror_image_is_not_mirrored_back() -> None:
    linear, _ = similarity(TEMPLATE * [-1, 1], TEMPLATE)
    assert np.linalg.det(linear) > 0


def test_it_is_scikit_images() -> None:
    from skimage.transform import SimilarityTransform

    five = TEMPLATE + np.random.default_rng(0).normal(0, 3, (5, 2))
    if hasattr(SimilarityTransform, "from_estimate"):
        expected = SimilarityTransform.from_estimate(five, TEMPLATE)
    else:  # the last version for Python 3.10
        expected = SimilarityTransform()
        assert expected.estimate(five, TEMPLATE)
    linear, shift = similarity(five, TEMPLATE)
    assert np.allclose(np.column_stack([linear, shift]), expected.params[:2])


def test_what_lies_at_the_landmarks_comes_to_lie_on_the_template() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    five = turned(TEMPLATE, 20, 2.0, (60, 30))
    for number, (u, v) in enumerate(np.rint(five).astype(int)):
        picture[v - 2 : v + 3, u - 2 : u + 3] = 50 * (number + 1)
    square = upright_square(picture, five)
    assert [int(square[round(v), round(u), 0]) for u, v in TEMPLATE] == pytest.approx([50, 100, 150, 200, 250], abs=3)
    assert square.shape == (112, 112, 3)
