"""A prepared image is a loose square crop around the face."""

from __future__ import annotations

import numpy as np
import pytest

from masking.core.errors import NoFaceError
from masking.preparation.loose_crop import prepare

FRAME = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
BOX = np.array([[100.0, 60.0], [160.0, 60.0], [160.0, 120.0], [100.0, 120.0]])


def test_a_crop_that_needs_no_scaling_is_cut_as_it_is() -> None:
    crop = prepare(FRAME, lambda frame: BOX, margin=2.0, size=120)
    assert np.array_equal(crop, FRAME[30:150, 70:190])


def test_the_offset_moves_the_crop_by_shares_of_its_side() -> None:
    crop = prepare(FRAME, lambda frame: BOX, margin=1.0, offset=(0.5, -0.5), size=60)
    assert np.array_equal(crop, FRAME[30:90, 130:190])


def test_beyond_the_frame_its_edge_goes_on() -> None:
    crop = prepare(FRAME, lambda frame: BOX - [100, 60], margin=2.0, size=120)
    assert np.array_equal(crop[30:, 30:], FRAME[:90, :90])
    assert (crop[:30, 30:] == FRAME[0, :90]).all()


@pytest.mark.parametrize("margin", [0.5, 9.0])
def test_the_crop_has_the_asked_size(margin: float) -> None:
    assert prepare(FRAME, lambda frame: BOX, margin=margin).shape == (224, 224, 3)


def test_a_frame_without_a_face_is_no_prepared_image() -> None:
    def none(frame: np.ndarray) -> np.ndarray:
        raise NoFaceError("no face")

    with pytest.raises(NoFaceError):
        prepare(FRAME, none)
