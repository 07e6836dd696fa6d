"""What is the same for all meshes with the same faces: their edges, and the half-edges of their wire frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Wireframe:
    """Edges and half-edges of a mesh's faces; edges that have a half-edge in each direction come first.

    edges (E, 2) uint32: each edge's two vertices, once, the lower first.
    two_way_count: how many of them have a half-edge in each direction.
    edge_faces (E, 2) uint32: the faces on either hand; at a border the mesh's last face stands for the missing one,
    because that is where OpenDR's index -1 leads.
    half_edges (S, 2) uint32: see half_edges_of; those without two ends are left out. numbers (S,) int32: theirs. Sorted
    by edge: edge e has those from first_half_edge[e] to first_half_edge[e + 1] - 1. first_half_edge (E + 1,) int32.
    """

    edges: Indices
    two_way_count: int
    edge_faces: Indices
    half_edges: Indices
    numbers: Integers
    first_half_edge: Integers


def half_edges_of(faces: Integers) -> Integers:
    """Start and end (3F, 2) of the lines of a wire frame, in OpenGL's order: half-edge i of a face runs to its corner
    i.
    """
    return np.ascontiguousarray(faces[:, [2, 0, 0, 1, 1, 2]].reshape(-1, 2), np.int32)


def wireframe_of(faces: Integers) -> Wireframe:
    """Find the edges of `faces` (F, 3). Of three and more faces at one edge the first two count."""
    half_edges = half_edges_of(faces)
    numbers = np.nonzero(half_edges[:, 0] != half_edges[:, 1])[0]
    edges, edge, two_way_count = _edges_of(half_edges[numbers])
    by_edge = np.lexsort((numbers, edge))
    numbers, edge = numbers[by_edge], edge[by_edge]
    return Wireframe(
        edges=edges.view(np.uint32),
        two_way_count=two_way_count,
        edge_faces=_faces_at(edge, numbers // 3, missing=len(faces) - 1),
        half_edges=half_edges[numbers].view(np.uint32),
        numbers=numbers.astype(np.int32),
        first_half_edge=np.searchsorted(edge, np.arange(len(edges) + 1)).astype(np.int32),
    )


def _edges_of(half_edges: Integers) -> tuple[Integers, npt.NDArray[np.intp], int]:
    """Return the edges (E, 2) of `half_edges` (S, 2), the edge (S,) of each half-edge, and how many edges run both
    ways.
    """
    edges, edge, count = np.unique(np.sort(half_edges, axis=1), axis=0, return_inverse=True, return_counts=True)
    forth = np.bincount(edge.ravel(), half_edges[:, 0] < half_edges[:, 1], len(edges))
    runs_both_ways = (forth > 0) & (forth < count)
    order = np.argsort(~runs_both_ways, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.ascontiguousarray(edges[order]), rank[edge.ravel()], int(runs_both_ways.sum())


def _faces_at(edge: npt.NDArray[np.intp], face: npt.NDArray[np.intp], missing: int) -> Indices:
    """The first two faces (E, 2) at each edge, from the `edge` and the `face` (S,) of each half-edge."""
    found = np.unique(np.column_stack([edge, face]), axis=0)
    first = np.nonzero(np.diff(found[:, 0], prepend=-1))[0]
    has_second = np.diff(np.append(first, len(found))) > 1
    other = np.where(has_second, found[np.minimum(first + 1, len(found) - 1), 1], missing)
    return np.ascontiguousarray(np.column_stack([found[first, 1], other]), np.uint32)
