"""Texture coordinates for the face mesh, made from its triangles alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.sparse.linalg import spsolve

from masking.reconstruction.facemesh.topology import border_loop
from masking.reconstruction.texture_data import TextureData

TEXTURE_SIZE = 512
BORDER_RADIUS = 0.49


def texture_coordinates(faces: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Coordinates (V, 2) float64, u to the right and v up, 0..1, for triangles `faces` (F, 3) with one border.

    The border goes onto a circle and every other vertex into the middle of its neighbours, so that no triangle folds
    over another (W. T. Tutte, How to Draw a Graph, 1963). Where the mesh is finer, as around the eyes, the texture is.
    """
    count = int(faces.max()) + 1
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    joined = scipy.sparse.coo_array((np.ones(len(edges)), edges.T), shape=(count, count)).tocsr()
    joined.data[:] = 1
    border = border_loop(faces)
    inner = np.setdiff1d(np.arange(count), border)
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(border)) / len(border)
    coordinates = np.zeros((count, 2))
    coordinates[border] = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    neighbours = scipy.sparse.diags_array(np.asarray(joined.sum(axis=1)).ravel())
    system = (neighbours - joined).tocsr()[inner]
    coordinates[inner] = spsolve(system[:, inner].tocsc(), -(system[:, border] @ coordinates[border]))
    return 0.5 + BORDER_RADIUS * coordinates


def unwrapped(faces: npt.NDArray[np.int32]) -> TextureData:
    """The texture of a mesh of triangles `faces` (F, 3), laid out by `texture_coordinates`."""
    from matplotlib.tri import Triangulation

    coordinates = texture_coordinates(faces)
    rows, columns = np.mgrid[0:TEXTURE_SIZE, 0:TEXTURE_SIZE].reshape(2, -1)
    u, v = (columns + 0.5) / TEXTURE_SIZE, 1 - (rows + 0.5) / TEXTURE_SIZE
    triangle = np.asarray(
        Triangulation(coordinates[:, 0], coordinates[:, 1], faces).get_trifinder()(u, v), dtype=np.int64
    )
    shown = triangle >= 0
    corners = faces[triangle[shown]].astype(np.int64)
    return TextureData(
        size=TEXTURE_SIZE,
        rows=rows[shown],
        columns=columns[shown],
        corners=corners,
        weights=_barycentric(np.stack([u[shown], v[shown]], axis=1), coordinates[corners]),
        texture_vertices=coordinates,
        texture_faces=faces,
    )


def _barycentric(points: npt.NDArray[np.float64], corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weights (N, 3) of the `corners` (N, 3, 2) of the triangles around `points` (N, 2)."""
    a, b, c = corners.transpose(1, 0, 2)
    ab, ac, ap = b - a, c - a, points - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    of_b = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
    of_c = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
    return np.stack([1 - of_b - of_c, of_b, of_c], axis=1)
