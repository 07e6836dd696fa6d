"""The face mesh lies flat in its texture: every triangle somewhere, none over another."""

from __future__ import annotations

import numpy as np

from masking.reconstruction.facemesh.topology import FaceMeshTopology
from masking.reconstruction.facemesh.unwrapping import texture_coordinates, unwrapped


def test_no_triangle_folds_over_another() -> None:
    faces = FaceMeshTopology().faces
    a, b, c = texture_coordinates(faces)[faces].transpose(1, 0, 2)
    areas = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (areas > 0).all() or (areas < 0).all()


def test_all_coordinates_lie_in_the_texture() -> None:
    coordinates = texture_coordinates(FaceMeshTopology().faces)
    assert coordinates.min() >= 0
    assert coordinates.max() <= 1


def test_each_texel_is_where_its_weights_say() -> None:
    data = unwrapped(FaceMeshTopology().faces)
    assert data.weights.min() > -1e-9
    assert np.allclose(data.weights.sum(axis=1), 1)
    places = np.einsum("nk,nkd->nd", data.weights, data.texture_vertices[data.corners])
    assert np.allclose(places[:, 0] * data.size - 0.5, data.columns)
    assert np.allclose((1 - places[:, 1]) * data.size - 0.5, data.rows)
