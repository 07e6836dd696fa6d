"""The face mesh with forehead and rim is one well-made surface."""

from __future__ import annotations

from collections import Counter

import numpy as np
import trimesh

from masking.faces.face_frame import FaceFrame, forehead_lean
from masking.reconstruction.facemesh.topology import FaceMeshTopology, border_loop
from tests.fits import fit


def test_the_mesh_is_manifold_consistently_oriented_and_has_one_border() -> None:
    topology = FaceMeshTopology()
    faces = topology.faces
    edges = Counter(map(tuple, np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()))
    assert max(edges.values()) == 1, "an edge runs twice in the same direction"
    open_edges = [edge for edge in edges if edge[::-1] not in edges]
    assert len(border_loop(faces)) == len(open_edges)
    assert len(np.unique(faces)) == faces.max() + 1, "a vertex belongs to no face"


def test_the_networks_own_mesh_has_the_documented_border() -> None:
    topology = FaceMeshTopology()
    assert topology.face_faces.shape == (898, 3)
    assert len(border_loop(topology.face_faces)) == 36


def test_faces_look_at_the_viewer_on_a_frontal_face(crop: np.ndarray) -> None:
    reconstruction = fit(crop).reconstruction
    mesh = trimesh.Trimesh(reconstruction.vertices, reconstruction.faces, process=False)
    towards_viewer = mesh.face_normals[:, 2] < 0
    assert mesh.area_faces[towards_viewer].sum() > 0.95 * mesh.area


def test_subdivision_keeps_the_points_places(crop: np.ndarray) -> None:
    """Smoothing moves no vertex of the face by more than a few pixels of 224."""
    reconstruction = fit(crop).reconstruction
    seen = reconstruction.camera.project(reconstruction.camera_vertices)
    mouth_corner, brow = seen[61], seen[105]
    assert np.abs(mouth_corner - fit(crop).landmarks[0][48]).max() < 4
    assert np.abs(brow - fit(crop).landmarks[0][19]).max() < 4


def test_a_forehead_never_leans_forwards_nor_steeper_back_than_the_bound() -> None:
    frame = FaceFrame(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0]), 1.0)
    below = np.zeros((4, 3))
    rim = np.array([[0, 1.0, 0.5], [0, 1.0, -0.5], [0, 1.0, -9.0], [0, 0.0, 1.0]])
    assert np.allclose(forehead_lean(rim, below, frame), [0, -0.6, -1.44, 0])
