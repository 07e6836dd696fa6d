"""A picture is looked at in other quarter turns, and what is seen lies where it does as the picture stands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.faces.detector import QUARTER_TURNS, turned_back
from masking.faces.keypoints import disagreement
from masking.faces.looks import Looks
from masking.faces.pyramid import Pyramid
from tests.fits import finder


@pytest.fixture(scope="module")
def looks() -> Looks:
    return Looks()


@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from(QUARTER_TURNS), st.data())
def test_a_pixel_is_found_again_in_the_picture_before_it_was_turned(
    height: int, width: int, turn: int, data: st.DataObject
) -> None:
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    picture = np.zeros((height, width), np.uint8)
    picture[row, column] = 1
    ((turned_row, turned_column),) = np.argwhere(np.rot90(picture, turn))
    middle = np.array([[turned_column + 0.5, turned_row + 0.5]])
    assert turned_back(middle, turn, height, width).tolist() == [[column + 0.5, row + 0.5]]


def with_a_face(crop: np.ndarray, shape: tuple[int, int], turn: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture with `crop`, turned, at its bottom right; and where eyes, nose and mouth (4, 2) are."""
    face = np.asarray(cv2.resize(crop, (112, 112), interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.full((*shape, 3), 120, np.uint8)
    picture[-120:-8, -120:-8] = np.rot90(face, turn)
    upright = finder().find(crop).people[0].face.keypoints / 2
    # The rest of a whole turn brings the points back to where they were.
    return picture, turned_back(upright, (4 - turn) % 4, 112, 112) + np.array([shape[1] - 120, shape[0] - 120])


@pytest.mark.parametrize("shape", [(224, 224), (224, 500), (900, 448)])
@pytest.mark.parametrize("turn", QUARTER_TURNS)
def test_in_all_turns_a_face_is_seen_where_it_is_whichever_way_up(
    turn: int, shape: tuple[int, int], looks: Looks, example_crops: dict[str, np.ndarray]
) -> None:
    picture, expected = with_a_face(example_crops["Eileen_Collins"], shape, turn)
    found, hints = looks.in_crowds(Pyramid(picture), 0.3, 0.1, QUARTER_TURNS)
    best = max(found, key=lambda each: each.crowd)
    assert disagreement(best.detection.keypoints[:4], expected) < 0.4
    assert (np.abs(hints.points - expected.mean(axis=0)).max(axis=1) < 25).any()


@pytest.mark.parametrize("turn", QUARTER_TURNS)
def test_a_quarter_of_the_picture_is_looked_at_in_all_turns(
    turn: int, looks: Looks, example_crops: dict[str, np.ndarray]
) -> None:
    picture, expected = with_a_face(example_crops["Eileen_Collins"], (224, 224), turn)
    found = looks.quarters(Pyramid(picture), 0.5, expected.mean(axis=0)[None], QUARTER_TURNS)
    best = max(found, key=lambda each: each.short)
    assert disagreement(best.detection.keypoints[:4], expected) < 0.4
