"""Hull, landmarks and mesh that lie where an independent witness sees the face are proven; all others are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.core.errors import FitUnprovenError
from masking.faces.detector import Detection
from masking.faces.proof import landmark_keypoints, prove_fit
from masking.masks.status import Status
from tests.fits import fit

Points = np.ndarray
SIZE = (224, 224)


@pytest.fixture(scope="module")
def face(crop: Points) -> tuple[Detection, Points, Points]:
    """The witness of a crop's face, its 81 landmarks, and the mesh's own eyes, nose and mouth."""
    fitted = fit(crop)
    return fitted.people[0].witness, fitted.landmarks[0], fitted.reconstruction.keypoints


def changed(points: Points, shift: tuple[float, float] = (0, 0), scale: float = 1.0, degrees: float = 0.0) -> Points:
    """The points moved by shares of the eyes' distance, scaled and turned about the middle of eyes, nose and mouth."""
    keypoints = points if len(points) == 4 else landmark_keypoints(points)
    middle, unit = np.nanmean(keypoints, axis=0), float(np.linalg.norm(keypoints[1] - keypoints[0]))
    turn = np.radians(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (points - middle) @ matrix.T + middle + unit * np.array(shift)


def mirrored(points: Points) -> Points:
    """The face's left side where its right one is."""
    middle = np.nanmean(points, axis=0)
    return (points - middle) * [-1, 1] + middle


def test_a_fit_in_its_place_is_proven(face: tuple[Detection, Points, Points]) -> None:
    prove_fit(*face, *SIZE)


@given(st.floats(-0.08, 0.08), st.floats(-0.08, 0.08), st.floats(0.93, 1.07), st.floats(-4, 4))
def test_small_errors_are_forgiven(
    face: tuple[Detection, Points, Points], right: float, down: float, scale: float, degrees: float
) -> None:
    witness, landmarks, mesh = face
    change = {"shift": (right, down), "scale": scale, "degrees": degrees}
    prove_fit(witness, changed(landmarks, **change), changed(mesh, **change), *SIZE)


@given(st.floats(0, 2 * np.pi), st.floats(0.65, 20))
def test_a_mesh_that_was_shifted_is_refused(
    face: tuple[Detection, Points, Points], direction: float, distance: float
) -> None:
    witness, landmarks, mesh = face
    shift = (distance * np.cos(direction), distance * np.sin(direction))
    with pytest.raises(FitUnprovenError, match="mesh") as caught:
        prove_fit(witness, landmarks, changed(mesh, shift), *SIZE)
    assert caught.value.status == Status.FIT_UNPROVEN
    assert caught.value.missed


@given(st.floats(30, 330))
def test_a_mesh_that_was_turned_is_refused(face: tuple[Detection, Points, Points], degrees: float) -> None:
    witness, landmarks, mesh = face
    with pytest.raises(FitUnprovenError, match="turned against"):
        prove_fit(witness, landmarks, changed(mesh, degrees=degrees), *SIZE)


@given(st.one_of(st.floats(0.01, 0.55), st.floats(1.8, 50)))
def test_a_mesh_that_was_scaled_is_refused(face: tuple[Detection, Points, Points], scale: float) -> None:
    witness, landmarks, mesh = face
    with pytest.raises(FitUnprovenError, match="MAX_MESH_SIZE"):
        prove_fit(witness, landmarks, changed(mesh, scale=scale), *SIZE)


def test_a_mesh_that_was_mirrored_is_refused(face: tuple[Detection, Points, Points]) -> None:
    witness, landmarks, mesh = face
    with pytest.raises(FitUnprovenError, match="mesh"):
        prove_fit(witness, landmarks, mirrored(mesh), *SIZE)


def test_a_mesh_that_does_not_say_where_its_eyes_are_is_refused(face: tuple[Detection, Points, Points]) -> None:
    witness, landmarks, mesh = face
    with pytest.raises(FitUnprovenError):
        prove_fit(witness, landmarks, np.full_like(mesh, np.nan), *SIZE)


@pytest.mark.parametrize(
    "change",
    [
        {"shift": (0.4, 0)},
        {"shift": (-0.4, 0)},
        {"shift": (0, 0.4)},
        {"shift": (0, -0.4)},
        {"degrees": 45},
        {"degrees": 180},
        {"scale": 0.5},
    ],
)
def test_a_hull_that_was_moved_off_the_face_is_refused(
    face: tuple[Detection, Points, Points], change: dict[str, object]
) -> None:
    witness, landmarks, mesh = face
    with pytest.raises(FitUnprovenError):
        prove_fit(witness, changed(landmarks, **change), mesh, *SIZE)


def test_an_eye_at_the_hulls_border_is_not_masked_for_sure(face: tuple[Detection, Points, Points]) -> None:
    witness, landmarks, mesh = face
    right_eye = landmarks[36:42].mean(axis=0)
    cut = landmarks.copy()
    cut[:, 0] = np.maximum(cut[:, 0], right_eye[0])
    with pytest.raises(FitUnprovenError, match="right eye isn't deep enough inside the hull"):
        prove_fit(witness, cut, mesh, *SIZE)


def test_a_face_whose_mouth_the_border_cuts_off_is_refused(face: tuple[Detection, Points, Points]) -> None:
    witness, landmarks, mesh = face
    mouth = int(witness.keypoints[3, 1])
    prove_fit(witness, landmarks, mesh, mouth + 15, SIZE[1])
    with pytest.raises(FitUnprovenError, match="mouth is cut off"):
        prove_fit(witness, landmarks, mesh, mouth + 4, SIZE[1])


def test_so_is_one_whose_landmarks_alone_have_an_eye_at_the_border(face: tuple[Detection, Points, Points]) -> None:
    witness, landmarks, mesh = face
    unit = float(np.linalg.norm(witness.keypoints[1] - witness.keypoints[0]))
    left_border = witness.keypoints[0, 0] - 0.4 * unit
    seen = dataclasses.replace(witness, keypoints=witness.keypoints - [left_border, 0])
    points, points_of_mesh = landmarks - [left_border, 0], mesh - [left_border, 0]
    prove_fit(seen, points, points_of_mesh, *SIZE)
    with pytest.raises(FitUnprovenError, match="right eye is cut off"):
        prove_fit(seen, points - [0.25 * unit, 0], points_of_mesh, *SIZE)
