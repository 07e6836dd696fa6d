from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.core.errors import UnreadableImageError
from masking.reconstruction.ringnet.preprocessing import Crop, crop_image, network_input

sizes = st.integers(1, 700)


def noise(height: int, width: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


# (width, height): scale, start (x, y), worked by hand.
HAND_WORKED = {
    (224, 224): (1.0, (112, 112)),
    (448, 448): (0.5, (112, 112)),
    (100, 200): (1.12, (56, 112)),
    (300, 150): (224 / 300, (112, 56)),
    # 250 * 224/333 = 168.2 -> 168 rows. Middle of 333 columns: 166.5 -> 166 (half to even); 166 * 224/333 = 111.7.
    (333, 250): (224 / 333, (112, 84)),
    # 2 * 224/3 = 149.3 -> 149 rows. Middle of 3 columns: 1.5 -> 2; 2 * 224/3 = 149.3. 1 * 149/2 = 74.5 -> 74.
    (3, 2): (224 / 3, (149, 74)),
    # Middle of 7 rows: 3.5 -> 4, so the crop's middle lies half a pixel below the image's: 4 * 32 = 128.
    (7, 7): (32.0, (128, 128)),
    (1, 1): (224.0, (0, 0)),
    # Middle of 1 row: 0.5 -> 0.
    (224, 1): (1.0, (112, 0)),
}


@pytest.mark.parametrize(("size", "expected"), HAND_WORKED.items(), ids=str)
def test_scale_and_start_worked_by_hand(size: tuple[int, int], expected: tuple[float, tuple[int, int]]) -> None:
    width, height = size
    crop, placing = crop_image(noise(height, width))
    assert crop.shape == (224, 224, 3)
    assert (placing.scale, placing.start) == (pytest.approx(expected[0], rel=1e-15), expected[1])


def test_an_image_of_the_networks_size_is_the_crop_itself() -> None:
    image = noise(224, 224)
    np.testing.assert_array_equal(crop_image(image)[0], image)


def test_the_longer_side_may_lose_a_pixel_to_rounding_as_in_the_original() -> None:
    short = next(size for size in range(225, 2000) if math.floor(size * (224 / size)) == 223)
    image = np.full((short, short, 3), 255, np.uint8)
    image[:, : short // 2] = 0
    _, placing = crop_image(image)
    stretch = 223 / short
    assert placing.start == (round(round(short / 2) * stretch),) * 2


def test_half_the_image_size_is_the_average_of_four_pixels() -> None:
    image = noise(448, 448)
    means = image.reshape(224, 2, 224, 2, 3).mean(axis=(1, 3))
    assert np.abs(crop_image(image)[0] - means).max() <= 0.5


def test_a_portrait_is_padded_left_and_right_with_its_edge_pixels() -> None:
    image = noise(224, 100)
    crop, placing = crop_image(image)
    assert placing.start == (50, 112)
    # Column 50 of the image stands at column 112 of the crop: 62 columns of padding to either side.
    np.testing.assert_array_equal(crop[:, 62:162], image)
    np.testing.assert_array_equal(crop[:, :62], np.repeat(image[:, :1], 62, axis=1))
    np.testing.assert_array_equal(crop[:, 162:], np.repeat(image[:, -1:], 62, axis=1))


def test_a_landscape_is_padded_above_and_below_with_its_edge_pixels() -> None:
    image = noise(90, 224)
    crop, _ = crop_image(image)
    np.testing.assert_array_equal(crop[67:157], image)
    np.testing.assert_array_equal(crop[:67], np.repeat(image[:1], 67, axis=0))
    np.testing.assert_array_equal(crop[157:], np.repeat(image[-1:], 67, axis=0))


@pytest.mark.parametrize("size", [(1, 225), (1000, 1), (2, 1000)])
def test_an_image_of_which_nothing_would_be_left_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableImageError, match="too narrow"):
        crop_image(noise(*size))


def test_the_networks_numbers_are_twice_the_share_of_white_less_a_half() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    expected = (2 * (levels / 255.0 - 0.5)).astype(np.float32)
    found = network_input(levels)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected[None])


def test_the_camera_of_an_image_of_the_networks_size_is_ringnets_own() -> None:
    camera = crop_image(noise(224, 224))[1].camera
    assert (camera.focal_length, camera.center) == (50_000.0, (112.0, 112.0))


def test_the_camera_worked_by_hand_for_a_portrait() -> None:
    camera = crop_image(noise(200, 100))[1].camera
    assert camera.focal_length == pytest.approx(50_000 / 1.12)
    assert camera.center == pytest.approx((56 / 1.12, 112 / 1.12))


@given(width=sizes, height=sizes, x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3), depth=st.floats(90, 110))
def test_the_camera_sees_in_the_image_what_ringnets_sees_in_the_crop(
    width: int, height: int, x: float, y: float, depth: float
) -> None:
    if min(width, height) * 224 / max(width, height) < 1:
        return
    crop = crop_image(np.zeros((height, width, 3), np.uint8))[1]
    in_crop = np.array([[50_000 * x / depth + 112, 50_000 * y / depth + 112]])
    in_image = crop.camera.project(np.array([[x, y, depth]]))
    np.testing.assert_allclose(crop.to_crop(in_image), in_crop, atol=1e-6)


@given(
    scale=st.floats(0.01, 224),
    x=st.integers(0, 224),
    y=st.integers(0, 224),
    u=st.floats(-1e4, 1e4),
    v=st.floats(-1e4, 1e4),
)
def test_a_point_maps_to_the_crop_and_back(scale: float, x: int, y: int, u: float, v: float) -> None:
    crop = Crop(scale, (x, y))
    point = np.array([[u, v]])
    np.testing.assert_allclose(crop.to_image(crop.to_crop(point)), point, rtol=1e-9, atol=1e-6 / scale)


@given(width=sizes, height=sizes)
def test_any_image_wide_enough_has_a_crop_with_its_middle_in_the_middle(width: int, height: int) -> None:
    scale = 224 / max(width, height)
    if min(width, height) * scale < 1:
        return
    crop, placing = crop_image(np.zeros((height, width, 3), np.uint8))
    assert crop.shape == (224, 224, 3)
    middle = placing.to_crop(np.array([[width / 2, height / 2]]))
    # Half a pixel of rounding in the image, half in the crop, and what the whole pixels of the scaled size shift.
    assert np.abs(middle - 112).max() <= 0.5 * scale + 0.5 + 1
