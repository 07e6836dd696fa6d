"""Each bound of the proof is where it says: a hair inside it a drawn face is proven, a hair beyond it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import pytest

from masking.core.errors import FitUnprovenError
from masking.faces.detector import Detection
from masking.faces.proof import LANDMARK_GROUPS, landmark_keypoints, prove_fit

HAIR = 0.3
"""Pixels; the eyes are 100 apart, so a share of 0.01 of their distance is a pixel."""
RIGHT_EYE, LEFT_EYE, NOSE, MOUTH = range(4)
POINTS = np.array([[200.0, 200.0], [300.0, 200.0], [250.0, 250.0], [250.0, 290.0]])
HULL = (100.0, 100.0, 400.0, 400.0)
WIDTH, HEIGHT = 520, 480
CENTRE = np.array([250.0, 250.0])
Hull = tuple[float, float, float, float]


def landmarks_of(points: np.ndarray, hull: Hull) -> np.ndarray:
    """81 landmarks whose groups' means are `points`, and whose hull is the rectangle left, top, right, bottom."""
    left, top, right, bottom = hull
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    landmarks = np.resize(corners, (81, 2))
    for point, group in zip(points, LANDMARK_GROUPS, strict=True):
        landmarks[list(group)] = point
    return landmarks


def prove(
    seen: np.ndarray = POINTS,
    *,
    marked: np.ndarray | None = None,
    mesh: np.ndarray | None = None,
    hull: Hull = HULL,
    size: tuple[int, int] = (HEIGHT, WIDTH),
) -> None:
    """Put a face to the proof whose landmarks and mesh lie where the witness sees it, unless they are given."""
    witness = Detection(np.array([0.0, 0.0, 1.0, 1.0]), np.vstack([seen, seen[:2]]) + 0.5, 1.0)
    prove_fit(witness, landmarks_of(seen if marked is None else marked, hull), seen if mesh is None else mesh, *size)


def refusal(missed: str) -> pytest.RaisesExc[FitUnprovenError]:
    """`missed` as the error gives it: the bound, its value to two digits, and the limit."""
    return pytest.raises(FitUnprovenError, match=f"\\({missed}\\)")


def moved(point: int, by: Sequence[float], points: np.ndarray = POINTS) -> np.ndarray:
    changed = points.copy()
    changed[point] += by
    return changed


def turned(points: np.ndarray, degrees: float, centre: np.ndarray = CENTRE) -> np.ndarray:
    turn = np.radians(degrees)
    return (points - centre) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + centre


def test_a_face_whose_hull_and_mesh_lie_on_it_is_proven() -> None:
    prove()


@pytest.mark.parametrize(
    ("shift", "size"),
    [
        ((-180.0, 0.0), (HEIGHT, WIDTH)),
        ((0.0, -180.0), (HEIGHT, WIDTH)),
        ((0.0, 0.0), (HEIGHT, 321)),
        ((0.0, 0.0), (311, WIDTH)),
    ],
    ids=["left", "top", "right", "bottom"],
)
@pytest.mark.parametrize("beyond", [False, True])
def test_eyes_and_mouth_lie_a_fifth_of_the_eyes_distance_inside_each_border(
    shift: tuple[float, float], size: tuple[int, int], beyond: bool
) -> None:
    outwards = np.array(np.sign(shift) if any(shift) else [size[1] < WIDTH, size[0] < HEIGHT], float)
    by = np.array(shift) + outwards * (HAIR if beyond else -HAIR)
    hull = (HULL[0] + by[0], HULL[1] + by[1], HULL[2] + by[0], HULL[3] + by[1])
    with refusal("MIN_DISTANCE_FROM_BORDER 0.20, 0.20 needed") if beyond else nullcontext():
        prove(POINTS + by, hull=hull, size=size)


def test_the_nose_may_lie_at_the_border() -> None:
    prove(moved(NOSE, (-249.0, 0.0)), hull=(0.0, 100.0, 400.0, 400.0))


def hull_around(point: int, depth: float) -> Hull:
    """A hull in which `point` lies `depth` pixels deep."""
    return {
        RIGHT_EYE: (200.0 - depth, 100.0, 400.0, 400.0),
        LEFT_EYE: (100.0, 100.0, 300.0 + depth, 400.0),
        MOUTH: (100.0, 100.0, 400.0, 290.0 + depth),
    }[point]


@pytest.mark.parametrize("point", [RIGHT_EYE, LEFT_EYE, MOUTH])
@pytest.mark.parametrize("beyond", [False, True])
def test_the_witness_sees_eyes_and_mouth_deep_in_the_hull(point: int, beyond: bool) -> None:
    hull = hull_around(point, 15.0 + (-HAIR if beyond else HAIR))
    inwards = {RIGHT_EYE: (5.0, 0.0), LEFT_EYE: (-5.0, 0.0), MOUTH: (0.0, -5.0)}[point]
    with refusal("MIN_DEPTH_IN_HULL 0.15, 0.15 needed") if beyond else nullcontext():
        prove(marked=moved(point, inwards), hull=hull)


@pytest.mark.parametrize("point", [RIGHT_EYE, LEFT_EYE, MOUTH])
@pytest.mark.parametrize("beyond", [False, True])
def test_the_landmarks_own_eyes_and_mouth_lie_deeper_still(point: int, beyond: bool) -> None:
    hull = hull_around(point, 18.0 + (-HAIR if beyond else HAIR))
    with refusal("MIN_OWN_DEPTH_IN_HULL 0.18, 0.18 needed") if beyond else nullcontext():
        prove(hull=hull)


@pytest.mark.parametrize("beyond", [False, True])
def test_the_nose_lies_about_as_deep_as_the_landmarks_have_it(beyond: bool) -> None:
    marked = moved(NOSE, (0.0, 80.0))
    seen = moved(NOSE, (0.0, 12.0 + (HAIR if beyond else -HAIR)), marked)
    with refusal("MIN_DEPTH_IN_HULL 0.08, 0.08 needed") if beyond else nullcontext():
        prove(seen, marked=marked, hull=(100.0, 100.0, 400.0, 350.0))


def test_a_nose_may_be_a_corner_of_the_hull() -> None:
    prove(moved(NOSE, (0.0, 99.0)), hull=(100.0, 100.0, 400.0, 350.0))


@pytest.mark.parametrize("beyond", [False, True])
def test_landmarks_lie_near_what_the_witness_sees(beyond: bool) -> None:
    by = 35.0 + (HAIR if beyond else -HAIR)
    with refusal("MAX_LANDMARK_DISAGREEMENT 0.35, 0.35 allowed") if beyond else nullcontext():
        prove(marked=moved(MOUTH, (0.0, by)))


@pytest.mark.parametrize("beyond", [False, True])
def test_the_mesh_lies_near_what_the_witness_sees(beyond: bool) -> None:
    by = 50.0 + (HAIR if beyond else -HAIR)
    with refusal("MAX_MESH_DISAGREEMENT 0.50, 0.50 allowed") if beyond else nullcontext():
        prove(mesh=moved(MOUTH, (0.0, by)))


@pytest.mark.parametrize("face", [0.0, 90.0, 179.0])
@pytest.mark.parametrize("way", [-1.0, 1.0])
@pytest.mark.parametrize("beyond", [False, True])
def test_the_mesh_is_turned_as_the_face_is_whichever_way_up(face: float, way: float, beyond: bool) -> None:
    seen = turned(POINTS, face)
    by = way * (25.0 + (HAIR if beyond else -HAIR))
    with refusal("MAX_MESH_ROLL 25.30, 25.00 allowed") if beyond else nullcontext():
        prove(seen, mesh=turned(seen, by))


@pytest.mark.parametrize("times", [1.6, 1 / 1.6])
@pytest.mark.parametrize("beyond", [False, True])
def test_the_mesh_has_the_size_of_the_face(times: float, beyond: bool) -> None:
    half = 50.0 * times + (HAIR if (times > 1) == beyond else -HAIR)
    mesh = POINTS.copy()
    mesh[:2, 0] = 250.0 - half, 250.0 + half
    with refusal(r"MAX_MESH_SIZE 1\.6\d, 1.60 allowed") if beyond else nullcontext():
        prove(mesh=mesh)


def test_a_mesh_without_a_nose_is_compared_by_the_rest() -> None:
    mesh = POINTS.copy()
    mesh[NOSE] = np.nan
    prove(mesh=mesh)


def test_eyes_nose_tip_and_mouth_are_the_means_of_ibugs_points() -> None:
    landmarks = np.array([(number, number**2) for number in range(1, 82)], float)
    groups = [range(37, 43), range(43, 49), [31], range(49, 69)]
    means = [np.mean([(number, number**2) for number in group], axis=0) for group in groups]
    assert np.allclose(landmark_keypoints(landmarks), means)
