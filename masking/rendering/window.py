"""OpenGL's window coordinates, as OpenDR sets them up: where a vertex lies in the picture, and how deep."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera

SUBPIXELS = 256
"""Vertices snap to this fraction of a pixel before it is decided which pixels are covered."""

DEPTH_STEPS = 2**24 - 1
"""The depth test compares whole steps between the near and the far plane."""

FARTHEST = 2**31 - 1
"""Window depth where nothing is drawn."""

FARTHEST_POINT = 2.0**31
"""Pixels. Points farther out than this can't be told from a mesh that touches the camera."""

HALF_TURN_ERROR = -math.sin(float(np.float32(math.pi)))
"""OpenDR turns the world upside down for OpenGL, by a half turn whose sine, in single precision, is not quite zero:
it lifts the picture by 0.004 pixels at a focal length of 50,000."""


def window_points(vertices: npt.NDArray[np.float64], camera: PinholeCamera) -> npt.NDArray[np.float64]:
    """Where `vertices` (V, 3), metres, camera frame, lie in the picture: (V, 2) pixels as (u, v).

    Raises ValueError where they lie so near the camera that they project to nowhere.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        points = camera.project(vertices)
    if not (np.abs(points) < FARTHEST_POINT).all():
        raise ValueError("vertices are so near the camera plane that they can't be projected")
    points[:, 1] -= camera.focal_length * HALF_TURN_ERROR
    return points


def snapped_points(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`points` (V, 2) in whole subpixels. They and their products are exact in float64, unless a vertex is 2**17 pixels
    away, and then lack the last bits.
    """
    return np.rint(points * SUBPIXELS)


def near_and_far(depth: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Clipping planes in metres about vertices at `depth` (V,) metres; RingNet's formula. They never clip a head."""
    return max(float(depth.min()) - 25.0, 0.1), max(float(depth.max()) + 25.0, 25.0)


def window_depth(depth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Map `depth` (V,) metres to 0 (near plane) .. DEPTH_STEPS (far plane), linear in 1 / depth, not rounded."""
    near, far = near_and_far(depth)
    return (far / (far - near)) * (1.0 - near / depth) * DEPTH_STEPS
