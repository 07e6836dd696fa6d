"""Texture coordinates for the face mesh, made from its triangles alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.sparse.linalg import spsolve

from masking.reconstruction.facemesh.topology import border_loop
from masking.reconstruction.flame.texture_data import TextureData, unwrap

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
    return unwrap(texture_coordinates(faces), faces, faces, TEXTURE_SIZE)
