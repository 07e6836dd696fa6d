"""Regions cut out of a picture and back are in the same place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.faces.pyramid import Pyramid
from masking.faces.regions import Region, region_around


def test_an_upright_region_of_its_own_size_is_a_plain_cut() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    assert np.array_equal(Region((20.0, 18.0), 16.0, 0.0).cut(Pyramid(picture), 16), picture[10:26, 12:28])


def test_a_quarter_turn_is_a_turned_cut() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    cut = Region((20.0, 18.0), 16.0, np.pi / 2).cut(Pyramid(picture), 16)
    assert np.array_equal(cut, np.rot90(picture[10:26, 12:28], 1))


def test_outside_the_picture_is_black() -> None:
    cut = Region((0.0, 0.0), 20.0, 0.0).cut(Pyramid(np.full((30, 30, 3), 255, np.uint8)), 20)
    assert (cut[:9, :9] == 0).all()
    assert (cut[11:, 11:] == 255).all()


def test_a_large_region_is_averaged_not_sampled() -> None:
    noise = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (400, 400, 3))
    cut = Region((200.0, 200.0), 400.0, 0.0).cut(Pyramid(noise), 50)
    assert cut.std() < 30, "bilinear samples of this noise deviate by 64"


@given(
    center=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    side=st.floats(1, 500),
    angle=st.floats(-4, 4),
)
def test_a_region_around_its_own_corners_is_itself(center: tuple[float, float], side: float, angle: float) -> None:
    corners = Region(center, side, angle).to_picture(np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]]), 1)
    again = region_around(corners, angle, 1.0)
    assert np.allclose(again.center, center, atol=1e-6)
    assert again.side == pytest.approx(side)


def test_depth_is_scaled_and_nothing_else() -> None:
    point = Region((0.0, 0.0), 96.0, 1.0).to_picture(np.array([[96.0, 96.0, -10.0]]), 192)
    assert np.allclose(point, [[0, 0, -5.0]])


def test_a_cut_by_way_of_four_channels_is_the_same_to_the_bit() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    for side in (30.0, 300.0):
        region = Region((40.0, 30.0), side, 0.7)
        assert np.array_equal(region.cut_rgb(Pyramid(picture), 50), region.cut(Pyramid(picture), 50))


def test_a_mirrored_cut_goes_on_beyond_the_border() -> None:
    picture = np.random.default_rng(3).integers(1, 256, (40, 40, 3), dtype=np.uint8)
    cut = Region((0.0, 20.0), 40.0, 0.0).cut_rgb(Pyramid(picture), 40, mirrored=True)
    assert np.array_equal(cut[:, 20:], picture[:, :20])
    assert np.array_equal(cut[:, :20], picture[:, 19::-1])
