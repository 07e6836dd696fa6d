"""Wavefront .obj files of meshes that share their faces."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

MeshAxes = Literal["viewer", "camera"]


class ObjWriter:
    """Writes meshes with the same `faces` (F, 3): their text is made once, only the vertices change."""

    def __init__(self, faces: npt.NDArray[np.integer], axes: MeshAxes) -> None:
        self.faces = faces
        self._faces_text = (("f %d %d %d\n" * len(faces)) % tuple((faces + 1).ravel().tolist())).encode("ascii")
        self._axes = axes

    def encode(self, vertices: npt.NDArray[np.floating]) -> bytes:
        """The file's content for `vertices` (V, 3), metres, x right, y down, z away.

        Axes `camera` keep them; axes `viewer` turn the mesh half around x, to y up and z towards the viewer, in which
        mesh viewers show it upright. Vertices and faces keep their order. No colours: some readers reject them.
        """
        if not np.isfinite(vertices).all():
            raise ValueError("the mesh has vertices that are not finite")
        return _vertices_text(turned_to(self._axes, vertices)) + self._faces_text


def turned_to(axes: MeshAxes, vertices: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """`vertices` (V, 3), x right, y down, z away, in the frame of `axes`: the same, or y up and z to the viewer."""
    return vertices * np.array([1, -1, -1], dtype=vertices.dtype) if axes == "viewer" else vertices


def _vertices_text(vertices: npt.NDArray[np.floating]) -> bytes:
    """A line `v x y z` with six decimals for each of `vertices` (V, 3)."""
    millionths = np.asarray(vertices, dtype=np.float64).ravel() * 1e6
    rounded = np.rint(millionths)
    # A single-precision number times a million is exact in double precision, so rint rounds as printf does, and a
    # number below 10 has one digit before the point. Numbers of other kinds go the general and slower way.
    if not np.array_equal(vertices, vertices.astype(np.float32)) or (np.abs(rounded) >= 1e7).any():
        return (("v %.6f %.6f %.6f\n" * len(vertices)) % tuple(vertices.ravel().tolist())).encode("ascii")
    return _fixed_point_text(np.abs(rounded).astype(np.int32), np.signbit(millionths))


def _fixed_point_text(millionths: npt.NDArray[np.int32], negative: npt.NDArray[np.bool_]) -> bytes:
    """A line `v x y z` for each three numbers: of `millionths` (3 * V,), 0..9,999,999, and its sign (3 * V,)."""
    numbers = np.empty((len(millionths), len("-0.000000 ")), dtype=np.uint8)
    numbers[:, 0], numbers[:, 2], numbers[:, 9] = ord("-"), ord("."), ord(" ")
    numbers[2::3, 9] = ord("\n")
    for column in (8, 7, 6, 5, 4, 3, 1):
        millionths, digit = np.divmod(millionths, 10)
        numbers[:, column] = ord("0") + digit
    shown = np.ones_like(numbers, dtype=bool)
    shown[:, 0] = negative
    lines = np.insert(numbers.reshape(-1, 30), [0, 0], [ord("v"), ord(" ")], axis=1)
    return lines[np.insert(shown.reshape(-1, 30), [0, 0], True, axis=1)].tobytes()
