"""The hull is OpenCV's, filled row by row, and holds exactly the pixels that the original's way holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, QhullError
from skimage.draw import polygon

from landmark_cropping import hull_pixels
from masking.core.errors import LowConfidenceError


@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    shares=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=20),
)
def test_the_same_pixels_as_scikit_images_polygon_of_scipys_hull(
    size: tuple[int, int], shares: list[tuple[float, float]]
) -> None:
    height, width = size
    points = np.rint(np.array(shares) * [width - 1, height - 1]).astype(int)
    expected = np.zeros(size, dtype=bool)
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:
        corners = None
    try:
        inside = hull_pixels(points.astype(float), height, width)
    except LowConfidenceError:
        assert corners is None
        return
    expected[polygon(corners[:, 1], corners[:, 0], shape=size)] = True
    assert np.array_equal(inside, expected)
