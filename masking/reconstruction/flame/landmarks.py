"""FLAME's 68 landmarks in 3D: 17 along the contour that shows at the head's yaw, and 51 within.

The files come with RingNet's code. Which row of the contours belongs to which yaw is as in FLAME_PyTorch and smplx
(`find_dynamic_lmk_idx_and_bcoords`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.downloads import FoundFile, Wanted, find, read_found
from masking.core.errors import ModelFileError
from masking.reconstruction.flame.pickle_limits import RefusedPickleError
from masking.reconstruction.flame.texture_data import read_npy_dict
from masking.reconstruction.flame.unpickling import unpickle_arrays
from masking.reconstruction.wanted_files import DYNAMIC_EMBEDDING_FILE, STATIC_EMBEDDING_FILE

INNER_COUNT, CONTOUR_COUNT = 51, 17
LANDMARK_COUNT = CONTOUR_COUNT + INNER_COUNT
MAX_DEGREES = 39
"""The contours are given for each degree of yaw up to this one, to either side."""
CONTOUR_ROWS = 2 * MAX_DEGREES + 1
NOW_LANDMARKS = (36, 39, 42, 45, 33, 48, 54)
"""Of the 68 the seven that the NoW benchmark aligns by: outer and inner corner of the right eye, inner and outer of the
left, the nose's base, and the right and the left corner of the mouth, in its order.
"""


@dataclass(frozen=True)
class Embedding:
    """Points on a mesh: triangles (..., N) int64, and the weights (..., N, 3) float64 of their corners."""

    triangles: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]

    def points(self, vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """The points (..., N, 3) on the mesh of vertices (V, 3) and triangles (F, 3), in the vertices' frame."""
        return np.asarray((vertices[faces[self.triangles]] * self.weights[..., None]).sum(axis=-2))

    def row(self, index: int) -> Embedding:
        """One of several sets of points."""
        return Embedding(self.triangles[index], self.weights[index])


class FlameLandmarks:
    """Takes meshes of FLAME's topology to their landmarks."""

    def __init__(self, static: Embedding, dynamic: Embedding, faces: npt.NDArray[np.int32]) -> None:
        self._static, self._dynamic, self._faces = static, dynamic, faces

    def __call__(self, vertices: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Landmarks (68, 3), iBUG's order, of vertices (V, 3), metres, x right, y down, z away; in the same frame."""
        precise = np.asarray(vertices, np.float64)
        inner = self._static.points(precise, self._faces)
        contour = self._dynamic.row(contour_row(yaw_of(inner))).points(precise, self._faces)
        return np.vstack([contour, inner])


def yaw_of(inner: npt.NDArray[np.float64]) -> float:
    """The head's yaw in degrees, positive where it is turned to its own right, of the inner landmarks (51, 3), x right,
    y down, z away: how far the line from the right eye to the left points out of the picture.

    That is minus the angle about the upright axis in the rotation whose first column is that line.
    """
    right, left = inner[[19, 22]].mean(axis=0), inner[[25, 28]].mean(axis=0)
    x, y, z = left - right
    return float(np.degrees(np.arctan2(-z, np.hypot(x, y))))


def contour_row(yaw: float) -> int:
    """The row of the contours for a `yaw` in degrees: 0 to 39 for as many degrees, then 40 to 78 for -1 to -39."""
    degrees = round(min(max(yaw, -MAX_DEGREES), MAX_DEGREES))
    return degrees if degrees >= 0 else MAX_DEGREES - degrees


def open_flame_landmarks(location: Path, faces: npt.NDArray[np.int32]) -> FlameLandmarks:
    """Read both files at `location`, for a mesh of triangles `faces` (F, 3). Raises ModelFileError."""
    static_file, dynamic_file = find(STATIC_EMBEDDING_FILE, location), find(DYNAMIC_EMBEDDING_FILE, location)
    static, dynamic = load_static_embedding(static_file), load_dynamic_embedding(dynamic_file)
    for embedding, file, wanted in (
        (static, static_file, STATIC_EMBEDDING_FILE),
        (dynamic, dynamic_file, DYNAMIC_EMBEDDING_FILE),
    ):
        if embedding.triangles.max() >= len(faces):
            problem = f"names triangle {embedding.triangles.max()}, and the mesh has {len(faces)}"
            raise ModelFileError(str(file), problem, wanted.download.remedy(file.path.parent))
    return FlameLandmarks(static, dynamic, faces)


def load_static_embedding(file: FoundFile) -> Embedding:
    """FLAME's 51 inner landmarks, of `flame_static_embedding.pkl`. Raises ModelFileError."""
    data = read_found(file, STATIC_EMBEDDING_FILE)
    try:
        return _embedding(unpickle_arrays(data), (INNER_COUNT,))
    except RefusedPickleError as error:
        raise _unread(file, STATIC_EMBEDDING_FILE, error) from error


def load_dynamic_embedding(file: FoundFile) -> Embedding:
    """FLAME's contours by yaw, (79, 17) points, of `flame_dynamic_embedding.npy`. Raises ModelFileError."""
    data = read_found(file, DYNAMIC_EMBEDDING_FILE)
    try:
        return _embedding(read_npy_dict(data), (CONTOUR_ROWS, CONTOUR_COUNT))
    except RefusedPickleError as error:
        raise _unread(file, DYNAMIC_EMBEDDING_FILE, error) from error


def _unread(file: FoundFile, wanted: Wanted, error: Exception) -> ModelFileError:
    return ModelFileError(str(file), f"was not read: {error}", wanted.download.remedy(file.path.parent))


def _embedding(content: Any, shape: tuple[int, ...]) -> Embedding:
    if not isinstance(content, dict):
        raise RefusedPickleError("it holds no dict")
    triangles = _numbers(content, "lmk_face_idx", "iu", shape)
    weights = _numbers(content, "lmk_b_coords", "f", (*shape, 3))
    if triangles.min() < 0 or not np.isfinite(weights).all():
        raise RefusedPickleError("it has points outside the mesh")
    return Embedding(triangles.astype(np.int64), weights.astype(np.float64))


def _numbers(content: dict[str, Any], key: str, kinds: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    values = content.get(key)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in kinds:
        raise RefusedPickleError(f"it has no array {key} of {'whole ' if 'i' in kinds else ''}numbers")
    if values.shape != shape:
        raise RefusedPickleError(f"{key} has the shape {values.shape}, not {shape}")
    return values
