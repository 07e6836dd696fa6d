"""Nothing is published that shows what it must not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from masking.core.errors import MeshMissesHullError, VerificationError
from masking.masks.verification import check_coverage, check_pictures


@pytest.fixture
def pictures() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    photo, rendered = random.integers(0, 255, (2, 20, 30, 3), dtype=np.uint8)
    inside = np.zeros((20, 30), bool)
    inside[5:15, 8:22] = True
    chosen = inside[:, :, None]
    return {
        "photo": photo,
        "rendered": rendered,
        "inside": inside,
        "overlay": np.where(chosen, rendered, photo),
        "mask_only": np.where(chosen, rendered, np.uint8(255)),
    }


def test_a_right_mask_passes(pictures: dict[str, np.ndarray]) -> None:
    check_pictures(**pictures)


@pytest.mark.parametrize(
    ("picture", "pixel", "fault"),
    [
        ("overlay", (7, 10), "the overlay shows something other than the render inside"),
        ("overlay", (0, 0), "the overlay differs from the photo outside"),
        ("mask_only", (7, 10), "the mask shows something other than the render inside"),
        ("mask_only", (19, 29), "the mask is not plain background outside"),
    ],
)
def test_one_wrong_pixel_is_enough(
    pictures: dict[str, np.ndarray], picture: str, pixel: tuple[int, int], fault: str
) -> None:
    pictures[picture][pixel] ^= 1
    with pytest.raises(VerificationError, match=fault):
        check_pictures(**pictures)


def test_the_photo_itself_is_never_an_overlay(pictures: dict[str, np.ndarray]) -> None:
    with pytest.raises(VerificationError):
        check_pictures(**{**pictures, "overlay": pictures["photo"]})


@given(shown=st.integers(0, 255), due=st.integers(0, 255))
@settings(max_examples=40, deadline=None)
@example(shown=0, due=200)
@example(shown=200, due=100)
@example(shown=255, due=0)
def test_a_value_passes_where_it_is_due_and_nowhere_else(shown: int, due: int) -> None:
    rendered, photo = np.full((1, 2, 3), due, np.uint8), np.full((1, 2, 3), due, np.uint8)
    overlay = rendered.copy()
    overlay[0, 0, 1] = shown
    inside = np.array([[True, False]])
    pictures = photo, rendered, inside, overlay, np.where(inside[:, :, None], rendered, np.uint8(255))
    if shown == due:
        check_pictures(*pictures)
    else:
        with pytest.raises(VerificationError, match="the overlay shows something other than the render"):
            check_pictures(*pictures)


@pytest.mark.parametrize("others", [["photo"], ["rendered"], ["overlay"], ["mask_only"], ["overlay", "mask_only"]])
@pytest.mark.parametrize("by", [-1, 1])
def test_another_size_is_refused(pictures: dict[str, np.ndarray], others: list[str], by: int) -> None:
    resized = {name: np.resize(pictures[name], (20 + by, 30, 3)) for name in others}
    with pytest.raises(VerificationError, match="size differs"):
        check_pictures(**{**pictures, **resized})


def test_coverage_is_the_share_of_hull_pixels_that_the_mesh_reaches(pictures: dict[str, np.ndarray]) -> None:
    foreground = np.zeros((20, 30), bool)
    foreground[5:15, 8:15] = True
    rendered, inside = pictures["rendered"], pictures["inside"]
    assert check_coverage(rendered, foreground, inside, 0.5) == 0.5
    with pytest.raises(MeshMissesHullError, match=r"reaches 50\.0% of the hull, below MIN_COVERAGE = 0\.6"):
        check_coverage(rendered, foreground, inside, 0.6)


@pytest.mark.parametrize(
    ("drawn", "white", "hull", "reason"),
    [(False, False, True, "blank"), (True, True, True, "blank"), (True, False, False, "no pixel")],
)
def test_a_blank_render_or_an_empty_hull_is_refused_whatever_the_threshold(
    pictures: dict[str, np.ndarray], drawn: bool, white: bool, hull: bool, reason: str
) -> None:
    rendered = np.full_like(pictures["rendered"], 255) if white else pictures["rendered"]
    inside = pictures["inside"] & hull
    with pytest.raises(MeshMissesHullError, match=reason):
        check_coverage(rendered, np.full(inside.shape, drawn), inside, 0.0)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_render_is_blank_only_where_every_channel_is_white(pictures: dict[str, np.ndarray], channel: int) -> None:
    rendered, inside = np.full_like(pictures["rendered"], 255), pictures["inside"]
    rendered[..., channel] = 254
    assert check_coverage(rendered, inside, inside, 0.9) == 1.0


def test_what_is_drawn_outside_the_hull_makes_up_for_nothing(pictures: dict[str, np.ndarray]) -> None:
    rendered, inside = pictures["rendered"], pictures["inside"]
    with pytest.raises(MeshMissesHullError, match="blank"):
        check_coverage(rendered, ~inside, inside, 0.0)
    white_inside = np.where(inside[:, :, None], np.uint8(255), rendered)
    with pytest.raises(MeshMissesHullError, match="blank"):
        check_coverage(white_inside, np.ones_like(inside), inside, 0.0)
