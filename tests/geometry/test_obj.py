"""Meshes are written as other programs read them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import trimesh

from masking.geometry.obj import ObjWriter
from tests.fits import fit

FACES = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
VERTICES = np.array([[0, 0, 0], [0.1, 0, 0.02], [0.1, 0.2, 0], [0, 0.2, -0.01]], dtype=np.float32)


def load(content: bytes) -> trimesh.Trimesh:
    return trimesh.load(io.BytesIO(content), file_type="obj", process=False, maintain_order=True)


def test_an_independent_reader_finds_the_same_vertices_and_faces() -> None:
    mesh = load(ObjWriter(FACES, "camera").encode(VERTICES))
    assert np.allclose(mesh.vertices, VERTICES, atol=1e-6)
    assert np.array_equal(mesh.faces, FACES)


def test_viewer_axes_turn_the_mesh_half_around_x_without_mirroring_it() -> None:
    mesh = load(ObjWriter(FACES, "viewer").encode(VERTICES))
    assert np.allclose(mesh.vertices, VERTICES * [1, -1, -1], atol=1e-6)
    assert np.array_equal(mesh.faces, FACES)


def test_a_face_opens_upright_and_looks_at_the_viewer(crop: np.ndarray) -> None:
    reconstruction = fit(crop).reconstruction
    vertices = load(ObjWriter(reconstruction.faces, "viewer").encode(reconstruction.vertices)).vertices
    brow, chin, nose_tip, ear = vertices[10], vertices[152], vertices[4], vertices[234]
    assert brow[1] > chin[1]
    assert nose_tip[2] > ear[2]


def test_vertices_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        ObjWriter(FACES, "viewer").encode(VERTICES * np.nan)
