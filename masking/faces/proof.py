"""Proof that hull and mesh lie on the face, by a witness who knows neither."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.bounds import missed_bound
from masking.core.errors import FitUnprovenError
from masking.faces.detector import Detection
from masking.faces.keypoints import NAMES, Keypoints, disagreement, face_scale, roll

MIN_DEPTH_IN_HULL, MIN_OWN_DEPTH_IN_HULL = 0.15, 0.18
"""How deep in the hull each eye and the mouth must lie, as shares of the distance between the eyes: as the witness sees
them, and as the landmarks have them. Of faces turned far to the side, as in three-quarter views, the far eye and the
far corner of the mouth lie less deep, and there a small error shows a tenth of them.
"""
MIN_DISTANCE_FROM_BORDER = 0.2
"""How far inside the picture each eye and the mouth must lie, as the witness sees them and as the landmarks have them,
in such shares: what the border cuts off, a network only guesses.
"""
MAX_NOSE_SHALLOWER = 0.12
"""How much less deep than the landmarks have it the witness may see the nose tip, which may be a corner of the hull."""
MAX_LANDMARK_DISAGREEMENT = 0.35
MAX_MESH_DISAGREEMENT = 0.5
"""How far the landmarks' and the mesh's eyes, nose and mouth may lie from the witness's, as such shares."""
MAX_MESH_ROLL = 25.0
"""By how many degrees the mesh's eyes may be turned against the witness's."""
MAX_MESH_SIZE = 1.6
"""How many times as far apart, or as near, as the witness's the mesh's eyes may lie."""
LANDMARK_GROUPS = (range(36, 42), range(42, 48), range(30, 31), range(48, 68))
"""Of the 81 landmarks those whose means are the right eye, the left eye, the nose tip and the mouth."""


def prove_fit(witness: Detection, landmarks: npt.NDArray[np.float64], mesh: Keypoints, height: int, width: int) -> None:
    """Raise FitUnprovenError unless hull, landmarks and mesh lie where `witness` sees the face, well inside a picture
    of `height` and `width` pixels.

    landmarks (81, 2) and mesh (4, 2; NaN where the mesh doesn't know) are pixels whose integer coordinates are pixel
    centres; the witness's count from the picture's corner.
    """
    seen = witness.keypoints[:4] - 0.5
    scale = face_scale(seen)
    usual = landmark_keypoints(landmarks)
    inside = np.min([np.minimum(each, [width - 1, height - 1] - each).min(axis=1) for each in (seen, usual)], axis=0)
    for name, distance in zip(NAMES, inside / scale, strict=True):
        if name != "nose tip" and distance < MIN_DISTANCE_FROM_BORDER:
            what = f"the {name} is cut off by the picture's border, or nearly so"
            raise _unproven(what, "MIN_DISTANCE_FROM_BORDER", distance, MIN_DISTANCE_FROM_BORDER)
    _prove_depth(np.array(depths_in_hull(seen, landmarks)) / scale, np.array(depths_in_hull(usual, landmarks)) / scale)
    apart = disagreement(usual, seen)
    if apart > MAX_LANDMARK_DISAGREEMENT:
        raise _unproven(
            "the landmarks lie elsewhere than the face", "MAX_LANDMARK_DISAGREEMENT", apart, MAX_LANDMARK_DISAGREEMENT
        )
    _prove_mesh(mesh, seen)


def _prove_depth(seen: npt.NDArray[np.float64], own: npt.NDArray[np.float64]) -> None:
    for row, name in enumerate(NAMES):
        is_nose = name == "nose tip"
        needed = min(MIN_DEPTH_IN_HULL, own[row] - MAX_NOSE_SHALLOWER) if is_nose else MIN_DEPTH_IN_HULL
        if seen[row] < needed:
            raise _unproven(f"the {name} isn't deep enough inside the hull", "MIN_DEPTH_IN_HULL", seen[row], needed)
        if not is_nose and own[row] < MIN_OWN_DEPTH_IN_HULL:
            what = (
                f"the {name}'s landmarks aren't deep enough inside the hull; the face may be turned too far to the side"
            )
            raise _unproven(what, "MIN_OWN_DEPTH_IN_HULL", own[row], MIN_OWN_DEPTH_IN_HULL)


def _prove_mesh(mesh: Keypoints, seen: Keypoints) -> None:
    turned = np.degrees(abs(np.angle(np.exp(1j * (roll(mesh) - roll(seen))))))
    if turned > MAX_MESH_ROLL:
        raise _unproven("the mesh is turned against the face", "MAX_MESH_ROLL", float(turned), MAX_MESH_ROLL)
    distances = [float(np.linalg.norm(points[1] - points[0])) for points in (mesh, seen)]
    size = max(distances) / max(1e-9, min(distances))
    if size > MAX_MESH_SIZE:
        raise _unproven("the mesh is of another size than the face", "MAX_MESH_SIZE", size, MAX_MESH_SIZE)
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
    return FitUnprovenError(f"{what} ({missed})", missed)
