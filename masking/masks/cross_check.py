"""Do mesh and landmarks lie on the same face? Two models found them, and either may have looked elsewhere."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.errors import MeshMissesHullError
from masking.reconstruction.base import Reconstruction

FACE_DEPTH = 0.1
"""Metres from the tip of an adult's nose back to the temples and the corners of the jaw."""

MIN_OVERLAP = 0.5
"""Faces in the right place overlap by more, faces moved by 6 cm by less; docs/promises.md has the measurements."""


def check_agreement(face: Reconstruction, hull: npt.NDArray[np.bool_]) -> None:
    """Raise MeshMissesHullError where the mesh's face and the landmarks' `hull` (H, W) overlap too little."""
    overlap = face_overlap(face, hull)
    if overlap < MIN_OVERLAP:
        raise MeshMissesHullError(
            f"the mesh's face and the landmarks' hull overlap by {overlap:.0%}, below {MIN_OVERLAP:.0%}: one of "
            "them is not where the face is (CROSS_CHECK = yes)"
        )


def face_overlap(face: Reconstruction, hull: npt.NDArray[np.bool_]) -> float:
    """Intersection over union, 0..1, of the landmarks' `hull` (H, W) and the convex hull of the mesh's face.

    The mesh's face is what lies at most FACE_DEPTH behind its foremost point: of a whole head its front.
    """
    vertices = face.camera_vertices
    front = vertices[vertices[:, 2] <= vertices[:, 2].min() + FACE_DEPTH]
    height, width = hull.shape
    points = np.clip(np.rint(face.camera.project(front)), -4 * width, 4 * max(height, width)).astype(np.int32)
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(drawn, cv2.convexHull(points), 1)
    mesh = drawn.astype(bool)
    union = np.count_nonzero(mesh | hull)
    return np.count_nonzero(mesh & hull) / union if union else 0.0
