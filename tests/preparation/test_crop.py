"""The crop is the original's square; at the border it goes on, and is squeezed only where that is asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from masking.preparation.crop import crop_as_original, crop_square, cut_square

FRAME = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)


def test_well_inside_both_cut_the_same_square_of_two_and_a_half_boxes() -> None:
    box = np.array([130.0, 80.0, 170.0, 120.0])
    for crop in (crop_square, crop_as_original):
        assert np.array_equal(crop(FRAME, box, 2.5, 100), FRAME[50:150, 100:200])


def test_a_tall_box_is_cut_by_its_longer_side() -> None:
    assert np.array_equal(crop_square(FRAME, np.array([140.0, 80.0, 160.0, 120.0]), 2.5, 100), FRAME[50:150, 100:200])


def test_at_the_border_the_edge_goes_on_and_nothing_is_squeezed() -> None:
    crop = crop_square(FRAME, np.array([0.0, 0.0, 40.0, 40.0]), 2.5, 100)
    assert np.array_equal(crop[30:, 30:], FRAME[:70, :70])
    assert (crop[:30, 30:] == FRAME[0, :70]).all()


def test_the_original_squeezes_there() -> None:
    """The square of 40 reaches from -10 to 30, is clipped to 0 and widened by 30: 60 pixels across, 100 down."""
    wide = np.repeat(np.arange(200, dtype=np.uint8)[:, None, None], 300, axis=1).repeat(3, axis=2)
    columns = np.ascontiguousarray(wide.transpose(1, 0, 2)[:200])
    crop = crop_as_original(columns, np.array([-10.0, 80.0, 30.0, 120.0]), 2.5, 100)
    assert int(crop[50, -1, 0]) == 59
    assert (np.diff(crop[50, :, 0].astype(int)) >= 0).all()


@given(st.integers(-500, 500), st.integers(-500, 500), st.integers(1, 700))
def test_every_square_is_a_replicated_part_of_the_frame(left: int, top: int, side: int) -> None:
    small = FRAME[:20, :30]
    crop = cut_square(small, left, top, side, side)
    rows = np.clip(np.arange(top, top + side), 0, 19)
    columns = np.clip(np.arange(left, left + side), 0, 29)
    assert np.array_equal(crop, small[rows][:, columns])
