"""Proof that hull and mesh lie on the face, by a witness who knows neither."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.errors import FitUnprovenError
from masking.faces.detector import Detection
from masking.faces.keypoints import NAMES, Keypoints, disagreement, face_scale
from masking.outcome import missed_bound

MIN_DEPTH_IN_HULL = 0.2
"""How deep in the hull each eye, the nose tip and the mouth must lie, as shares of the distance between the eyes."""
MAX_SHALLOWER = 0.12
"""Less deep is deep enough where the landmarks' own eye, nose or mouth lies at most this much deeper, in such shares: of
a face seen from the side the far eye and the nose are near the hull's border."""
MAX_LANDMARK_DISAGREEMENT = 0.35
MAX_MESH_DISAGREEMENT = 0.5
"""How far the landmarks' and the mesh's eyes, nose and mouth may lie from the witness's, as such shares."""
LANDMARK_GROUPS = (range(36, 42), range(42, 48), range(30, 31), range(48, 68))
"""Of the 81 landmarks those whose means are the right eye, the left eye, the nose tip and the mouth."""


def prove_fit(witness: Detection, landmarks: npt.NDArray[np.float64], mesh: Keypoints) -> None:
    """Raise FitUnprovenError unless hull, landmarks and mesh lie where `witness` sees the face.

    landmarks (81, 2) and mesh (4, 2; NaN where the mesh doesn't know) are pixels whose integer coordinates are pixel
    centres; the witness's count from the picture's corner.
    """
    seen = witness.keypoints[:4] - 0.5
    scale = face_scale(seen)
    usual = landmark_keypoints(landmarks)
    depths, usual_depths = depths_in_hull(seen, landmarks), depths_in_hull(usual, landmarks)
    for name, depth, usual_depth in zip(NAMES, depths, usual_depths, strict=True):
        needed = min(MIN_DEPTH_IN_HULL, usual_depth / scale - MAX_SHALLOWER)
        if depth / scale < needed:
            raise _unproven(f"the {name} isn't deep enough inside the hull", "MIN_DEPTH_IN_HULL", depth / scale, needed)
    apart = disagreement(usual, seen)
    if apart > MAX_LANDMARK_DISAGREEMENT:
        raise _unproven(
            "the landmarks lie elsewhere than the face", "MAX_LANDMARK_DISAGREEMENT", apart, MAX_LANDMARK_DISAGREEMENT
        )
    apart = disagreement(mesh, seen)
    if apart > MAX_MESH_DISAGREEMENT:
        raise _unproven("the mesh lies elsewhere than the face", "MAX_MESH_DISAGREEMENT", apart, MAX_MESH_DISAGREEMENT)


def landmark_keypoints(landmarks: npt.NDArray[np.float64]) -> Keypoints:
    """Right eye, left eye, nose tip and mouth (4, 2) of 81 landmarks (81, 2)."""
    return np.stack([landmarks[list(group)].mean(axis=0) for group in LANDMARK_GROUPS])


def depths_in_hull(points: Keypoints, landmarks: npt.NDArray[np.float64]) -> list[float]:
    """How deep, in pixels, each of `points` (N, 2) lies inside the convex hull of `landmarks` (81, 2); negative
    outside.
    """
    hull = cv2.convexHull(landmarks.astype(np.float32))
    return [cv2.pointPolygonTest(hull, (float(u), float(v)), True) for u, v in points]


def _unproven(what: str, bound: str, value: float, limit: float) -> FitUnprovenError:
    missed = missed_bound(bound, value, limit, "allowed" if bound.startswith("MAX") else "needed")
    return FitUnprovenError(f"{what} ({missed}, in distances between the eyes)", missed)
