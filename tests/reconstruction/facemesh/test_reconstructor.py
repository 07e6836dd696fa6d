"""The embedded default makes a mesh in metres of each person who was found."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from masking.reconstruction.facemesh import FaceMesh
from tests.fits import fit


def test_eyes_nose_and_mouth_lie_on_the_faces_own(astronaut: np.ndarray) -> None:
    """Places in the portrait read off by eye."""
    (landmarks,) = fit(astronaut).landmarks
    for name, ids, place in (
        ("right eye", slice(36, 42), (203, 101)),
        ("left eye", slice(42, 48), (247, 103)),
        ("nose tip", slice(30, 31), (223, 126)),
        ("mouth", slice(48, 60), (222, 145)),
    ):
        distance = np.linalg.norm(landmarks[ids].mean(axis=0) - place)
        assert distance < 6, f"{name} lies {distance:.1f} pixels off"


def test_the_mesh_projects_onto_the_landmarks(crop: np.ndarray) -> None:
    reconstruction = fit(crop).reconstruction
    seen = reconstruction.camera.project(reconstruction.camera_vertices)
    nose_tip = 4
    assert np.abs(seen[nose_tip] - fit(crop).landmarks[0][30]).max() < 4


def test_the_meshs_own_keypoints_lie_where_its_face_was_found(crop: np.ndarray) -> None:
    fitted = fit(crop)
    assert np.abs(fitted.reconstruction.keypoints - (fitted.people[0].face.keypoints - 0.5)).max() < 3


def test_a_mesh_that_does_not_say_where_its_mouth_is_has_none(crop: np.ndarray) -> None:
    silent = replace(fit(crop).reconstruction, keypoint_vertices=((33,), (263,), (1,), ()))
    assert np.isfinite(silent.keypoints[:3]).all()
    assert np.isnan(silent.keypoints[3]).all()


def test_the_head_has_a_heads_size_and_distance(crop: np.ndarray) -> None:
    reconstruction = fit(crop).reconstruction
    width, height, depth = np.ptp(reconstruction.vertices, axis=0)
    assert 0.12 < width < 0.22
    assert 0.15 < height < 0.28
    assert 0.05 < depth < 0.2
    scale, tx, ty = reconstruction.parameters["cam"]
    assert reconstruction.translation[2] == pytest.approx(50_000 / (112 * scale))
    assert np.allclose(reconstruction.translation[:2], [tx, ty])


@pytest.mark.parametrize("size", [(112, 112), (448, 448), (300, 224)])
def test_scale_and_aspect_do_not_change_the_face(crop: np.ndarray, size: tuple[int, int]) -> None:
    (reference,), (other,) = fit(crop).landmarks, fit(cv2.resize(crop, size)).landmarks
    difference = other * [crop.shape[1] / size[0], crop.shape[0] / size[1]] - reference
    assert np.abs(difference).mean() < 3


def test_every_person_is_reconstructed_largest_first(crowd: np.ndarray) -> None:
    first = fit(crowd, "all").reconstruction
    assert len(first.all_faces) == 2
    widths = [np.ptp(face.camera.project(face.camera_vertices)[:, 0]) for face in first.all_faces]
    assert widths[0] > 2 * widths[1]


def test_the_same_photo_gives_the_same_mesh(crop: np.ndarray) -> None:
    assert np.array_equal(fit(crop).reconstruction.vertices, fit(crop.copy()).reconstruction.vertices)


def test_the_description_names_the_file_and_its_fingerprint() -> None:
    assert "face_landmark.tflite sha256 2efcb4f4" in FaceMesh.description
