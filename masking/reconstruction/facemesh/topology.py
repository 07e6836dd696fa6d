"""The mesh of the embedded default: MediaPipe's 468 vertices, a forehead and a rim that the network doesn't give.

The network's mesh ends in the middle of the forehead and exactly at the jaw, so the hull of the 81 landmarks reaches
beyond it. Two rows of vertices continue the forehead along its own slope, and a rim continues the whole border
outwards and backwards, as the head does. Both lie outside what the network saw; the hull cuts most of them away.
"""

from __future__ import annotations

import json
from functools import cached_property
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import scipy.sparse

from masking.faces.face_frame import face_frame, forehead_lean
from masking.geometry.subdivision import loop_subdivision

RIM_OUTWARDS = 0.06
RIM_BACKWARDS = 0.05
"""How far the rim continues the border, as shares of the face's height."""


class FaceMeshTopology:
    """Faces of the extended and subdivided mesh, and the way from 468 points to its vertices."""

    def __init__(self) -> None:
        folder = files("masking.reconstruction.facemesh") / "data"
        shape = json.loads((folder / "topology.json").read_text(encoding="utf-8"))
        mapping = json.loads((files("masking.faces") / "data" / "landmarks_81.json").read_text(encoding="utf-8"))
        self.face_faces = np.array(shape["faces_852"] + shape["faces_fill_46"], dtype=np.int32)
        self._forehead_rim = np.array(mapping["mesh_extension_rim_left_to_right"])
        self._forehead_below = np.array(mapping["mesh_extension_row_below_left_to_right"])
        self._forehead_heights = np.array(mapping["mesh_extension_top_row_up_fraction_left_to_right"])

    @cached_property
    def coarse_faces(self) -> npt.NDArray[np.int32]:
        """Faces (F, 3) int32 of the network's mesh with forehead and rim, before subdivision."""
        rows = np.concatenate([[self._forehead_rim], 468 + np.arange(26).reshape(2, 13)])
        faces = np.concatenate([self.face_faces, _strip(rows[0], rows[1]), _strip(rows[1], rows[2])])
        border = border_loop(faces)
        ring = 494 + np.arange(len(border))
        return np.concatenate([faces, _strip(np.append(ring, ring[0]), np.append(border, border[0]))])

    @cached_property
    def border(self) -> npt.NDArray[np.int32]:
        """Vertices (B,) int32 from which the rim grows, once around."""
        return border_loop(self.coarse_faces[: len(self.face_faces) + 48])

    @cached_property
    def _subdivision(self) -> tuple[scipy.sparse.csr_array, npt.NDArray[np.int32]]:
        return loop_subdivision(self.coarse_faces, 494 + len(self.border))

    @property
    def faces(self) -> npt.NDArray[np.int32]:
        """Faces (F, 3) int32 of the finished mesh; the same in every run."""
        return self._subdivision[1]

    def vertices(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Vertices (V, 3) float64 of the finished mesh, in the frame of the network's `points` (468, 3)."""
        return np.asarray(self._subdivision[0] @ self._extended(points))

    def _extended(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        frame = face_frame(points)
        rim = points[self._forehead_rim]
        lean = forehead_lean(rim, points[self._forehead_below], frame)
        step = (frame.up + lean[:, None] * frame.front) * (self._forehead_heights * frame.height)[:, None]
        with_forehead = np.concatenate([points, rim + step / 2, rim + step])
        border = with_forehead[self.border]
        outwards = border - border.mean(axis=0)
        outwards -= np.outer(outwards @ frame.front, frame.front)
        outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
        ring = border + frame.height * (RIM_OUTWARDS * outwards - RIM_BACKWARDS * frame.front)
        return np.concatenate([with_forehead, ring])


def border_loop(faces: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The border's vertices (B,) int32 in the order in which the faces run along it, of a mesh with one border."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    present = set(map(tuple, edges.tolist()))
    following = {start: end for start, end in present if (end, start) not in present}
    loop = [min(following)]
    while (vertex := following[loop[-1]]) != loop[0]:
        loop.append(vertex)
    return np.array(loop, dtype=np.int32)


def _strip(first: npt.NDArray[np.int_], second: npt.NDArray[np.int_]) -> npt.NDArray[np.int32]:
    """Triangles (2 * (N - 1), 3) between two rows (N,) of vertices, wound like the mesh where `second` lies above
    `first` and both run to the right in the picture.
    """
    a, b, c, d = first[:-1], first[1:], second[:-1], second[1:]
    return np.concatenate([np.stack([a, b, d], axis=1), np.stack([a, d, c], axis=1)]).astype(np.int32)
