"""What is the same for all meshes with the same faces: their edges, and the sides that a wire frame is drawn of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Wireframe:
    """Edges and sides of `faces` (F, 3) int32.

    edges (E, 2) int32: each edge's two vertices, once, the lower first.
    edge_faces (E, 2) int32: the faces on both sides; at a border the mesh's last face stands for the missing one,
    because that is where OpenDR's index -1 leads.
    sides (3F, 2) int32: see sides_of.
    """

    faces: npt.NDArray[np.int32]
    edges: npt.NDArray[np.int32]
    edge_faces: npt.NDArray[np.int32]
    sides: npt.NDArray[np.int32]


def sides_of(faces: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Start and end (3F, 2) of the lines of a wire frame, in OpenGL's order: side i of a face runs to its corner i."""
    return np.ascontiguousarray(faces[:, [2, 0, 0, 1, 1, 2]].reshape(-1, 2), np.int32)


def wireframe_of(faces: npt.NDArray[np.int32]) -> Wireframe:
    """Find the edges of `faces` (F, 3). Of three and more faces at one edge the first two count."""
    sides = sides_of(faces)
    owner = np.repeat(np.arange(len(faces), dtype=np.int32), 3)
    is_edge = sides[:, 0] != sides[:, 1]
    found = np.unique(np.column_stack([np.sort(sides[is_edge], axis=1), owner[is_edge]]), axis=0)
    is_first = np.append(True, (found[1:, :2] != found[:-1, :2]).any(axis=1))[: len(found)]
    first = np.nonzero(is_first)[0]
    has_second = ~np.append(is_first[1:], True)[first]
    other_face = np.where(has_second, found[np.minimum(first + 1, len(found) - 1), 2], len(faces) - 1)
    return Wireframe(
        faces=faces,
        edges=np.ascontiguousarray(found[first, :2], np.int32),
        edge_faces=np.ascontiguousarray(np.column_stack([found[first, 2], other_face]), np.int32),
        sides=sides,
    )
