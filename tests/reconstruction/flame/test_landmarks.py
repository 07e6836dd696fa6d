"""FLAME's landmarks, on the look-alike head."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masking.core.downloads import FoundFile
from masking.core.errors import ModelFileError
from masking.reconstruction.flame.landmarks import (
    CONTOUR_ROWS,
    NOW_LANDMARKS,
    FlameLandmarks,
    contour_row,
    load_dynamic_embedding,
    load_static_embedding,
    open_flame_landmarks,
    yaw_of,
)
from tests.lookalikes.embeddings import static_embedding
from tests.lookalikes.head import EYES, SIZE, head
from tests.lookalikes.python2_pickle import python2_pickle


def turned(degrees: float) -> np.ndarray:
    """The head turned to its own left, in the camera's frame."""
    turn = np.radians(degrees)
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    return np.asarray((head().vertices @ about_y.T) * [1, -1, -1])


@pytest.fixture(scope="module")
def landmarks(flame_folder: Path) -> FlameLandmarks:
    return open_flame_landmarks(flame_folder, head().faces)


def test_the_parts_lie_where_ibugs_order_has_them(landmarks: FlameLandmarks) -> None:
    points = landmarks(turned(0))
    assert points.shape == (68, 3)
    right_eye, left_eye = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    for eye, center in ((left_eye, EYES[0]), (right_eye, EYES[1])):
        assert np.abs(eye[:2] - center[:2] * SIZE * [1, -1]).max() < 0.002
    assert points[30, 2] == points[:, 2].min(), "the nose's tip is nearest to the viewer"
    assert points[8, 1] == points[:, 1].max(), "the chin is lowest"
    assert points[:17, 0].argmin() < 3
    assert points[:17, 0].argmax() > 13


def test_the_points_move_with_the_mesh(landmarks: FlameLandmarks) -> None:
    shift = np.array([0.1, -0.2, 0.3])
    np.testing.assert_allclose(landmarks(turned(0) + shift), landmarks(turned(0)) + shift, atol=1e-12)


@pytest.mark.parametrize("degrees", [-60, -30, -1, 0, 1, 30, 60])
def test_the_yaw_is_that_of_the_turn_to_the_heads_right(landmarks: FlameLandmarks, degrees: int) -> None:
    assert yaw_of(landmarks(turned(degrees))[17:]) == pytest.approx(-degrees, abs=0.1)


@pytest.mark.parametrize(
    ("yaw", "row"), [(0, 0), (0.4, 0), (0.6, 1), (39, 39), (80, 39), (-0.4, 0), (-1, 40), (-39, 78), (-80, 78)]
)
def test_each_degree_has_its_contour_to_39_on_either_side(yaw: float, row: int) -> None:
    assert contour_row(yaw) == row < CONTOUR_ROWS


@pytest.mark.parametrize("degrees", [-30, 0, 30])
def test_the_contour_is_the_outline_at_that_yaw(landmarks: FlameLandmarks, degrees: int) -> None:
    """Beside each of its points, at the same height in the face, the skin reaches no farther out."""
    vertices, points = turned(degrees), landmarks(turned(degrees))[:17]
    skin = vertices[head().vertices[:, 2] > -0.02 * SIZE]
    for index in (0, 2, 4, 12, 14, 16):
        near = skin[np.abs(skin[:, 1] - points[index, 1]) < 0.004]
        outermost = near[:, 0].min() if index < 8 else near[:, 0].max()
        assert points[index, 0] == pytest.approx(outermost, abs=0.008)


def test_the_now_landmarks_are_eye_corners_nose_base_and_mouth_corners(landmarks: FlameLandmarks) -> None:
    points = landmarks(turned(0))[list(NOW_LANDMARKS)]
    right_outer, right_inner, left_inner, left_outer, nose, right_mouth, left_mouth = points
    across = [right_outer, right_inner, left_inner, left_outer]
    assert [point[0] for point in across] == sorted(point[0] for point in across)
    assert abs(nose[0]) < 0.001
    assert left_outer[1] < nose[1] < left_mouth[1], "y goes down"
    assert right_mouth[0] == pytest.approx(-left_mouth[0], abs=0.002)


def written(folder: Path, **changes: Any) -> FoundFile:
    path = folder / "flame_static_embedding.pkl"
    path.write_bytes(python2_pickle(static_embedding() | changes))
    return FoundFile(path)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lmk_face_idx": np.zeros(50, np.int64)}, r"lmk_face_idx has the shape \(50,\), not \(51,\)"),
        ({"lmk_b_coords": np.zeros((51, 2))}, "lmk_b_coords has the shape"),
        ({"lmk_face_idx": np.zeros(51)}, "no array lmk_face_idx of whole numbers"),
        ({"lmk_face_idx": np.full(51, -1)}, "points outside the mesh"),
        ({"lmk_b_coords": np.full((51, 3), np.inf)}, "points outside the mesh"),
    ],
)
def test_what_is_not_an_embedding_is_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ModelFileError, match=problem):
        load_static_embedding(written(tmp_path, **changes))


def test_an_embedding_of_another_mesh_is_refused(flame_folder: Path, tmp_path: Path) -> None:
    for name in ("flame_static_embedding.pkl", "flame_dynamic_embedding.npy"):
        shutil.copy(flame_folder / name, tmp_path)
    with pytest.raises(ModelFileError, match=r"names triangle .* and the mesh has 100"):
        open_flame_landmarks(tmp_path, head().faces[:100])


def test_a_file_of_text_pickles_as_python_2_wrote_by_default_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flame_static_embedding.pkl"
    path.write_bytes(pickle.dumps(static_embedding(), protocol=0))
    assert load_static_embedding(FoundFile(path)).triangles.shape == (51,)


def test_a_missing_file_is_named(tmp_path: Path, flame_folder: Path) -> None:
    shutil.copy(flame_folder / "flame_static_embedding.pkl", tmp_path)
    with pytest.raises(ModelFileError, match=r"flame_dynamic_embedding\.npy: is missing"):
        open_flame_landmarks(tmp_path, head().faces)
    with pytest.raises(ModelFileError, match=r"is not a \.npy file"):
        load_dynamic_embedding(FoundFile(tmp_path / "flame_static_embedding.pkl"))
