"""The chessboard covers masks, and nothing else."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from masking.faces.chessboard import covered


@given(shapes=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59), st.integers(0, 40)), max_size=3))
def test_only_masks_are_painted_over_each_around_its_own_colour(shapes: list[tuple[int, int, int]]) -> None:
    overlay = np.arange(60 * 60 * 3, dtype=np.uint32).reshape(60, 60, 3).astype(np.uint8)
    before = overlay.copy()
    hulls = [np.hypot(*(np.mgrid[:60, :60] - [[[v]], [[u]]])) < radius for u, v, radius in shapes]
    painted = covered(overlay, hulls)
    masked = np.logical_or.reduce([*hulls, np.zeros((60, 60), bool)])
    assert np.array_equal(overlay, before)
    assert np.array_equal(painted[~masked], overlay[~masked])
    for hull in hulls[-1:]:
        assert len(np.unique(painted[hull], axis=0)) <= 2
