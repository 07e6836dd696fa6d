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
        self._faces_text = ("f %d %d %d\n" * len(faces)) % tuple((faces + 1).ravel().tolist())
        self._axes = axes

    def encode(self, vertices: npt.NDArray[np.floating]) -> bytes:
        """The file's content for `vertices` (V, 3), metres, x right, y down, z away.

        Axes `camera` keep them; axes `viewer` turn the mesh half around x, to y up and z towards the viewer, in which
        mesh viewers show it upright. Vertices and faces keep their order. No colours: some readers reject them.
        """
        if not np.isfinite(vertices).all():
            raise ValueError("the mesh has vertices that are not finite")
        turned = vertices * np.array([1, -1, -1]) if self._axes == "viewer" else vertices
        text = ("v %.6f %.6f %.6f\n" * len(turned)) % tuple(turned.ravel().tolist())
        return (text + self._faces_text).encode("ascii")
