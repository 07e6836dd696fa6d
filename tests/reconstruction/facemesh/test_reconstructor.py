"""The embedded default reconstructs the one face of a photo, or says why not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data

from masking.errors import LowConfidenceError, NoFaceError, SeveralFacesError
from masking.reconstruction.facemesh import FaceMesh, reconstructor
from masking.reconstruction.facemesh.mesh_network import FittedFace


def rgb(picture: np.ndarray) -> np.ndarray:
    return np.dstack([picture] * 3) if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, :3])


def test_eyes_nose_and_mouth_lie_on_the_faces_own(face_mesh: FaceMesh, astronaut: np.ndarray) -> None:
    """Places in the portrait read off by eye."""
    landmarks = face_mesh.reconstruct(astronaut).landmarks
    assert landmarks is not None
    for name, ids, place in (
        ("right eye", slice(36, 42), (203, 101)),
        ("left eye", slice(42, 48), (247, 103)),
        ("nose tip", slice(30, 31), (223, 126)),
        ("mouth", slice(48, 60), (222, 145)),
    ):
        distance = np.linalg.norm(landmarks[ids].mean(axis=0) - place)
        assert distance < 6, f"{name} lies {distance:.1f} pixels off"


def test_the_mesh_projects_onto_the_landmarks(face_mesh: FaceMesh, crop: np.ndarray) -> None:
    reconstruction = face_mesh.reconstruct(crop)
    seen = reconstruction.camera.project(reconstruction.camera_vertices)
    nose_tip = 4
    assert np.abs(seen[nose_tip] - reconstruction.landmarks[33 - 3]).max() < 4


def test_the_head_has_a_heads_size_and_distance(face_mesh: FaceMesh, crop: np.ndarray) -> None:
    reconstruction = face_mesh.reconstruct(crop)
    width, height, depth = np.ptp(reconstruction.vertices, axis=0)
    assert 0.12 < width < 0.22
    assert 0.15 < height < 0.28
    assert 0.05 < depth < 0.2
    scale, tx, ty = reconstruction.parameters["cam"]
    assert reconstruction.translation[2] == pytest.approx(50_000 / (112 * scale))
    assert np.allclose(reconstruction.translation[:2], [tx, ty])


@pytest.mark.parametrize("size", [(112, 112), (448, 448), (300, 224)])
def test_scale_and_aspect_do_not_change_the_face(face_mesh: FaceMesh, crop: np.ndarray, size: tuple[int, int]) -> None:
    reference = face_mesh.reconstruct(crop).landmarks
    other = face_mesh.reconstruct(cv2.resize(crop, size)).landmarks
    difference = other * [crop.shape[1] / size[0], crop.shape[0] / size[1]] - reference
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("angle", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180])
def test_a_turned_face_is_found(face_mesh: FaceMesh, crop: np.ndarray, angle: int) -> None:
    assert face_mesh.reconstruct(cv2.rotate(crop, angle)).score > 0.9


@pytest.mark.parametrize("name", ["coins", "clock", "coffee", "rocket"])
def test_pictures_without_a_face_have_none(face_mesh: FaceMesh, name: str) -> None:
    with pytest.raises(NoFaceError):
        face_mesh.reconstruct(rgb(getattr(skimage.data, name)()))


def test_two_faces_are_told_apart_from_one(face_mesh: FaceMesh, crop: np.ndarray) -> None:
    with pytest.raises(SeveralFacesError, match="2 faces"):
        face_mesh.reconstruct(np.hstack([crop, crop[:, ::-1]]))


@pytest.fixture(scope="module")
def crowd(crop: np.ndarray) -> np.ndarray:
    """A face, and a small one in the corner behind it."""
    picture = np.ascontiguousarray(cv2.resize(crop, (448, 448)))
    picture[:140, 308:] = cv2.resize(crop[::-1, ::-1][::-1], (140, 140))
    return picture


def test_a_small_face_in_the_background_is_another_face(face_mesh: FaceMesh, crowd: np.ndarray) -> None:
    with pytest.raises(SeveralFacesError, match="2 faces"):
        face_mesh.reconstruct(crowd)


def test_the_largest_of_several_faces_is_taken_and_the_others_are_counted(crowd: np.ndarray) -> None:
    largest = FaceMesh(0.5, "largest").reconstruct(crowd)
    assert (largest.others, largest.unmasked_faces) == ((), 1)
    assert np.ptp(largest.landmarks, axis=0).max() > 150


def test_all_faces_are_reconstructed_where_each_is_trusted(crowd: np.ndarray) -> None:
    first = FaceMesh(0.5, "all").reconstruct(crowd)
    assert (len(first.all_faces), first.unmasked_faces) == (2, 0)
    first_size, second_size = (np.ptp(face.landmarks, axis=0).max() for face in first.all_faces)
    assert first_size > 2 * second_size
    assert first.others[0].landmarks.mean(axis=0)[0] > 308


def test_a_face_that_is_not_trusted_is_not_left_beside_those_that_are(crowd: np.ndarray) -> None:
    blurred = crowd.copy()
    blurred[:140, 308:] = cv2.GaussianBlur(crowd[:140, 308:], (0, 0), 2.5)
    assert FaceMesh(0.97, "largest").reconstruct(blurred).unmasked_faces == 1
    with pytest.raises(SeveralFacesError, match="a mask of 1 would show the others"):
        FaceMesh(0.97, "all").reconstruct(blurred)


def test_a_face_below_the_wanted_score_is_not_trusted(crop: np.ndarray) -> None:
    blurred = cv2.GaussianBlur(crop, (0, 0), 5)
    assert 0.1 < FaceMesh(min_score=0.1).reconstruct(blurred).score < 0.9
    with pytest.raises(LowConfidenceError, match=r"below MIN_SCORE = 0\.9"):
        FaceMesh(min_score=0.9).reconstruct(blurred)


def test_the_same_photo_gives_the_same_mesh(face_mesh: FaceMesh, crop: np.ndarray) -> None:
    assert np.array_equal(face_mesh.reconstruct(crop).vertices, face_mesh.reconstruct(crop.copy()).vertices)


def test_one_face_found_twice_is_one_face() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (468, 3))
    again, elsewhere = FittedFace(points + 3, 0.8), FittedFace(points + 100, 0.7)
    kept = reconstructor._distinct([FittedFace(points, 0.9), again, elsewhere])
    assert [face.score for face in kept] == [0.9, 0.7]


def test_the_description_names_the_files_and_their_fingerprints(face_mesh: FaceMesh) -> None:
    assert "face_landmark.tflite sha256 " in face_mesh.description
