"""One step of Loop's subdivision as a matrix (C. Loop, Smooth Subdivision Surfaces Based on Triangles, 1987)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse


def loop_subdivision(
    faces: npt.NDArray[np.int32], vertex_count: int
) -> tuple[scipy.sparse.csr_array, npt.NDArray[np.int32]]:
    """The matrix (V + E, V) that takes a mesh's vertices to its subdivided ones, and the new faces (4 * F, 3) int32.

    The step is linear in the vertices, so the matrix is made once for `faces` (F, 3) of a manifold mesh of
    `vertex_count` vertices, and subdividing costs one sparse product. Old vertices keep their index; edge points follow
    in the order of their sorted edges.
    """
    corners = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    opposite = np.concatenate([faces[:, 2], faces[:, 0], faces[:, 1]])
    edges, edge_of_corner, uses = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True, return_counts=True)
    edge_of_corner = edge_of_corner.reshape(-1)
    border = uses == 1
    edge_points = _edge_points(edges, border, edge_of_corner, opposite, vertex_count)
    matrix = scipy.sparse.vstack([_old_points(edges, border, vertex_count), edge_points], format="csr")
    ab, bc, ca = (edge_of_corner.reshape(3, -1) + vertex_count).astype(np.int32)
    a, b, c = faces.T
    new_faces = np.stack([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]).transpose(2, 0, 1).reshape(-1, 3)
    return scipy.sparse.csr_array(matrix), np.ascontiguousarray(new_faces, dtype=np.int32)


def _edge_points(
    edges: npt.NDArray[np.int32],
    border: npt.NDArray[np.bool_],
    edge_of_corner: npt.NDArray[np.int_],
    opposite: npt.NDArray[np.int32],
    vertex_count: int,
) -> scipy.sparse.coo_array:
    """(E, V): 3/8 of each end and 1/8 of each opposite vertex; on the border the middle."""
    rows = np.repeat(np.arange(len(edges)), 2)
    of_ends = np.repeat(np.where(border, 1 / 2, 3 / 8), 2)
    inner = ~border[edge_of_corner]
    return scipy.sparse.coo_array(
        (
            np.concatenate([of_ends, np.full(int(inner.sum()), 1 / 8)]),
            (np.concatenate([rows, edge_of_corner[inner]]), np.concatenate([edges.ravel(), opposite[inner]])),
        ),
        shape=(len(edges), vertex_count),
    )


def _old_points(
    edges: npt.NDArray[np.int32], border: npt.NDArray[np.bool_], vertex_count: int
) -> scipy.sparse.coo_array:
    """(V, V): a vertex keeps 1 - n * beta and takes beta of each of its n neighbours, with Loop's beta.

    On the border it keeps 3/4 and takes 1/8 of each of its two neighbours there.
    """
    on_border = np.zeros(vertex_count, dtype=bool)
    on_border[edges[border]] = True
    both_ways = np.concatenate([edges, edges[:, ::-1]])
    counts = np.bincount(both_ways[:, 0], minlength=vertex_count)
    valence = np.maximum(counts, 1)
    beta = (40 - (3 + 2 * np.cos(2 * np.pi / valence)) ** 2) / (64 * valence)
    share = np.where(on_border, 1 / 8, beta)
    kept = np.where(on_border, 3 / 4, 1 - counts * beta)
    start, end = both_ways.T
    counted = ~on_border[start] | np.tile(border, 2)
    start, end = start[counted], end[counted]
    return scipy.sparse.coo_array(
        (
            np.concatenate([kept, share[start]]),
            (np.concatenate([np.arange(vertex_count), start]), np.concatenate([np.arange(vertex_count), end])),
        ),
        shape=(vertex_count, vertex_count),
    )
