"""The published geometry as an attacker has it: meshes without pose, position and scale, or FLAME's shape numbers."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.core import safe_files
from masking.reconstruction.flame.texture_data import read_npy_dict
from masking.reidentification.recognisers.alignment import similarity

MAX_BYTES = 50_000_000
MAX_VERTICES = 1000
"""Of a finer mesh, vertices evenly over its list: FLAME has 5023, and a gallery of them must fit into memory."""
ROUNDS = 3
Vertices = npt.NDArray[np.float32]


def read_vertices(obj_file: Path) -> Vertices:
    """The vertices (V, 3) of an .obj file, at most MAX_VERTICES of them. Raises ValueError where it holds no mesh, or
    OSError where it can't be read.
    """
    content = safe_files.read_bytes(obj_file, MAX_BYTES)
    lines = [line.split()[1:4] for line in content.split(b"\n") if line.startswith(b"v ")]
    if len(lines) < 4 or any(len(line) != 3 for line in lines):
        raise ValueError("holds no mesh")
    step = -(-len(lines) // MAX_VERTICES)
    vertices = np.array(lines[::step], dtype=np.float64).astype(np.float32)
    if not np.isfinite(vertices).all():
        raise ValueError("holds vertices that are not finite")
    return vertices


def read_shape(parameters_file: Path) -> npt.NDArray[np.float32]:
    """FLAME's shape numbers in an .npz file, or in a .npy file as the original wrote it. Raises ValueError where it has
    none, OSError where it can't be read.
    """
    content = safe_files.read_bytes(parameters_file, MAX_BYTES)
    if parameters_file.suffix == ".npy":
        found = read_npy_dict(content).get("shape")
    else:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = dict(arrays).get("shape")
    if found is None:
        raise ValueError("holds no shape numbers")
    shape = np.asarray(found, dtype=np.float32).reshape(-1)
    if not 0 < len(shape) <= 1000 or not np.isfinite(shape).all():
        raise ValueError("holds no finite shape numbers")
    return shape


class ShapeSpace:
    """What is left of meshes once pose, position and scale are taken away: how each differs from the mean face.

    The mean is that of the gallery's meshes, which an attacker has, by generalised Procrustes analysis (Gower 1975).
    """

    def __init__(self, gallery: Vertices) -> None:
        """Gallery (N, V, 3), all of one topology, at least one."""
        mean = _centred(gallery[0].astype(np.float64))
        for _ in range(ROUNDS):
            mean = _centred(np.mean([_laid_on(mesh, mean) for mesh in gallery], axis=0))
        self._mean = mean

    def vectors(self, meshes: Vertices) -> npt.NDArray[np.float32]:
        """How each of `meshes` (N, V, 3) differs from the mean face, (N, 3 V)."""
        differences = [(_laid_on(mesh, self._mean) - self._mean).ravel() for mesh in meshes]
        return np.array(differences, dtype=np.float32)


def _centred(mesh: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    moved = mesh - mesh.mean(axis=0)
    return np.asarray(moved / max(float(np.linalg.norm(moved)), 1e-300))


def _laid_on(mesh: npt.NDArray[np.floating], mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    double = mesh.astype(np.float64)
    linear, shift = similarity(double, mean)
    return np.asarray(double @ linear.T + shift)
