"""The kinds of image, and what each must not show."""

from __future__ import annotations

import numpy as np
import pytest

from masking.reidentification.kinds import EVEN_GREY, Kind, hidden_region, pictures_of

INSIDE = np.zeros((60, 80), bool)
INSIDE[10:40, 20:50] = True


def three(background: int = 255) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photo, overlay and mask with a square hull."""
    random = np.random.default_rng(0)
    photo, render = (random.integers(1, 255, (60, 80, 3)).astype(np.uint8) for _ in range(2))
    chosen = INSIDE[:, :, None]
    return photo, np.where(chosen, render, photo), np.where(chosen, render, background).astype(np.uint8)


def test_the_hull_is_recognised_from_the_pictures() -> None:
    assert np.array_equal(hidden_region(*three()), INSIDE)
    assert np.array_equal(hidden_region(*three(0)), INSIDE)


def test_a_hole_in_the_render_belongs_to_the_hull() -> None:
    photo, overlay, mask_only = three()
    overlay[20:25, 30:35] = photo[20:25, 30:35]
    mask_only[20:25, 30:35] = 255
    assert np.array_equal(hidden_region(photo, overlay, mask_only), INSIDE)


def test_a_mask_that_shows_nothing_is_an_error() -> None:
    photo, _, _ = three()
    with pytest.raises(ValueError, match="shows nothing"):
        hidden_region(photo, photo, np.full_like(photo, 255))


def test_on_black_every_value_of_exactly_255_is_0_in_the_mask_and_nowhere_else() -> None:
    photo, overlay, mask_only = three()
    photo[0, 0] = mask_only[12, 22] = (255, 10, 255)
    pictures = pictures_of(photo, overlay, mask_only)
    assert pictures[Kind.MASK_BLACK][12, 22].tolist() == [0, 10, 0]
    assert pictures[Kind.MASK_BLACK][~INSIDE].max() == 0
    assert pictures[Kind.PHOTO][0, 0].tolist() == [255, 10, 255]
    assert np.array_equal(pictures[Kind.MASK_WHITE], mask_only)


def test_a_mask_that_was_written_on_black_gets_its_white() -> None:
    white, black = (pictures_of(*three(background)) for background in (255, 0))
    for kind in (Kind.MASK_WHITE, Kind.MASK_BLACK):
        assert np.array_equal(white[kind], black[kind])


def test_the_controls_show_one_side_of_the_hull_alone() -> None:
    photo, overlay, mask_only = three()
    pictures = pictures_of(photo, overlay, mask_only)
    background, face = pictures[Kind.BACKGROUND], pictures[Kind.FACE_ALONE]
    assert set(background[INSIDE].ravel().tolist()) == {EVEN_GREY}
    assert np.array_equal(background[~INSIDE], photo[~INSIDE])
    assert set(face[~INSIDE].ravel().tolist()) == {EVEN_GREY}
    assert np.array_equal(face[INSIDE], photo[INSIDE])
