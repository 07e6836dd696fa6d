"""Which way a head is turned, worked out from the face mesh's 468 vertices.

The mesh is laid over MediaPipe's canonical face by the rotation that fits best (Procrustes; Kabsch 1976). The network
flattens heads that are turned, so what it shows of yaw and pitch is stretched by a polynomial that
benchmarks/head_pose.py fits on views of which the turn is known.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Angles = npt.NDArray[np.float64]
"""(3,): yaw, pitch, roll, degrees."""

PITCH_AT_REST = 4.35
"""What the network shows of the pitch of people who look into the camera, degrees: the mean of 16 portraits."""
YAW_WEIGHTS = np.array([1.397, -0.068, 0.042])
PITCH_WEIGHTS = np.array([0.375, 1.342, -0.064])
"""In the order of `yaw_terms` and `pitch_terms`: as benchmarks/head_pose.py fits them, on 30 views of each of 18
people.
"""


@dataclass(frozen=True)
class HeadPose:
    """Degrees, signs as the original preparation's. yaw: positive where the face looks to the picture's left. pitch:
    positive where it looks down. roll: positive where it is turned clockwise on the screen. All are zero where somebody
    looks straight into the camera, head upright.
    """

    yaw: float
    pitch: float
    roll: float


def head_pose(meshes: Sequence[npt.NDArray[np.float64]]) -> HeadPose:
    """The pose of the head of which the network gave `meshes` (468, 3), one a pass: the mean of what they show."""
    shown = np.mean([shown_angles(points) for points in meshes], axis=0)
    return HeadPose(float(yaw_terms(shown) @ YAW_WEIGHTS), float(pitch_terms(shown) @ PITCH_WEIGHTS), float(shown[2]))


def shown_angles(points: npt.NDArray[np.float64]) -> Angles:
    """Yaw, pitch and roll as the mesh `points` (468, 3) itself has them, but for the pitch at rest."""
    vertices, canonical = _canonical_face()
    yaw, pitch, roll = angles_of(_rotation(canonical, points[vertices]))
    return np.array([yaw, pitch - PITCH_AT_REST, roll])


def yaw_terms(shown: Angles) -> npt.NDArray[np.float64]:
    """What yaw is a weighted sum of (..., 3), of `shown` angles (..., 3); changes its sign with a mirrored picture."""
    yaw, pitch = shown[..., 0], shown[..., 1]
    return np.stack([yaw, yaw**3 / 1000, yaw * pitch / 30], axis=-1)


def pitch_terms(shown: Angles) -> npt.NDArray[np.float64]:
    """The same of pitch, which stays as it is in a mirrored picture."""
    yaw, pitch = shown[..., 0], shown[..., 1]
    return np.stack([np.ones_like(pitch), pitch, yaw**2 / 30], axis=-1)


def angles_of(rotation: npt.NDArray[np.float64]) -> Angles:
    """Yaw, pitch and roll of a `rotation` (3, 3) of the head, in the frame x right, y down, z away: first yaw about the
    head's own vertical, then pitch, then roll in the picture's plane.
    """
    pitch = np.arcsin(np.clip(rotation[2, 1], -1.0, 1.0))
    yaw = np.arctan2(-rotation[2, 0], rotation[2, 2])
    roll = np.arctan2(-rotation[0, 1], rotation[1, 1])
    return np.degrees([yaw, pitch, roll])


def rotation_of(yaw: float, pitch: float, roll: float = 0.0) -> npt.NDArray[np.float64]:
    """The rotation (3, 3) that has these angles, degrees."""
    a, b, c = np.radians([yaw, pitch, roll])
    around_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    around_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(around_z @ around_x @ around_y)


def _rotation(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The rotation (3, 3) that brings `source` (N, 3), moved and scaled, nearest to `target` (N, 3)."""
    left, _, right = np.linalg.svd((target - target.mean(axis=0)).T @ (source - source.mean(axis=0)))
    return np.asarray(left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right)


@cache
def _canonical_face() -> tuple[npt.NDArray[np.int_], npt.NDArray[np.float64]]:
    """The vertices (N,) that hardly move with expressions, and where they lie in the canonical face (N, 3)."""
    data = json.loads((files("masking.faces") / "data" / "canonical_face.json").read_text(encoding="utf-8"))
    return np.array(data["vertices"]), np.array(data["points"])
