"""Loop subdivision as a matrix gives what an independent implementation gives."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from masking.geometry.subdivision import loop_subdivision
from masking.reconstruction.facemesh.topology import FaceMeshTopology


def cap() -> trimesh.Trimesh:
    """The upper part of a sphere, with a border."""
    sphere = trimesh.creation.icosphere(subdivisions=2)
    sphere.update_faces(sphere.triangles_center[:, 2] > 0.2)
    sphere.remove_unreferenced_vertices()
    return sphere


MESHES = {
    "closed": trimesh.creation.icosahedron(),
    "uneven": trimesh.creation.box(),
    "open": cap(),
}


@pytest.mark.parametrize("name", MESHES)
def test_the_surface_is_that_of_an_independent_implementation(name: str) -> None:
    mesh = MESHES[name]
    matrix, faces = loop_subdivision(np.asarray(mesh.faces, dtype=np.int32), len(mesh.vertices))
    expected_vertices, expected_faces = trimesh.remesh.subdivide_loop(mesh.vertices, mesh.faces, iterations=1)
    ours = trimesh.Trimesh(matrix @ mesh.vertices, faces, process=False)
    expected = trimesh.Trimesh(expected_vertices, expected_faces, process=False)
    assert len(ours.faces) == 4 * len(mesh.faces)
    assert np.allclose(np.sort(ours.triangles_center, axis=0), np.sort(expected.triangles_center, axis=0))
    assert np.allclose(np.sort(ours.area_faces), np.sort(expected.area_faces))
    assert np.allclose(ours.face_normals.sum(axis=0), expected.face_normals.sum(axis=0), atol=1e-9)


def test_every_new_vertex_is_a_weighted_mean() -> None:
    topology = FaceMeshTopology()
    matrix, _ = loop_subdivision(topology.coarse_faces, int(topology.coarse_faces.max()) + 1)
    assert np.allclose(matrix.sum(axis=1), 1)
    assert matrix.min() >= 0
