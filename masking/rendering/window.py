"""OpenGL's window coordinates, as OpenDR sets them up: where a vertex lies in the picture, and how deep."""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled
from masking.geometry.camera import PinholeCamera

Floats = npt.NDArray[np.float64]

SUBPIXELS = 256
"""Vertices snap to this fraction of a pixel before it is decided which pixels are covered."""

DEPTH_STEPS = 2**24 - 1
"""The depth test compares whole steps between the near and the far plane."""

NOTHING_SEEN = 2**63 - 1
"""What a pixel shows is one number, window depth * 2**32 + number of the face or line, so that the smallest is both the
nearest and, of equally near ones, the first. This is where nothing is drawn; its lower half says -1."""

HIDDEN = -1
"""Window depth of an outline where there is none, or no longer: nothing is nearer."""

FARTHEST_POINT = 2.0**31
"""Pixels. Points farther out than this can't be distinguished from a mesh that touches the camera."""

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
        refuse_points()
    points[:, 1] -= camera.focal_length * HALF_TURN_ERROR
    return points


def refuse_points() -> NoReturn:
    """Raise ValueError for vertices that project to nowhere."""
    raise ValueError("vertices are so near the camera plane that they can't be projected")


def near_and_far(depth: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Clipping planes in metres about vertices at `depth` (V,) metres; RingNet's formula. They never clip a head."""
    return max(float(depth.min()) - 25.0, 0.1), max(float(depth.max()) + 25.0, 25.0)


@compiled(
    "boolean(float64[:,::1], float64, float64, float64, float64, float64, int64, int64, "
    "float64[:,::1], uint32[:,::1], float64[::1], float64[::1])"
)
def to_window(
    vertices: Floats,
    focal_length: float,
    center_u: float,
    center_v: float,
    near: float,
    far: float,
    height: int,
    width: int,
    points: Floats,
    pixels: npt.NDArray[np.uint32],
    depth: Floats,
    inverse_depth: Floats,
) -> bool:
    """Write where `vertices` (V, 3), metres, camera frame, lie; return False where one projects to nowhere.

    points (V, 2): as window_points.
    pixels (V, 2): the first column and row not left of or above it, but 0..width, 0..height.
    depth (V,): from 0 (near plane) to DEPTH_STEPS (far plane), linear in 1 / depth, not rounded; inverse_depth (V,).
    """
    is_somewhere = True
    scale = far / (far - near)
    lift = focal_length * HALF_TURN_ERROR
    for vertex in range(len(vertices)):
        z = vertices[vertex, 2]
        magnification = focal_length / z
        u, v = vertices[vertex, 0] * magnification + center_u, vertices[vertex, 1] * magnification + center_v
        is_somewhere &= (abs(u) < FARTHEST_POINT) & (abs(v) < FARTHEST_POINT)
        v -= lift
        points[vertex, 0], points[vertex, 1] = u, v
        u, v = np.rint(u * SUBPIXELS), np.rint(v * SUBPIXELS)
        pixels[vertex, 0] = np.uint32(min(max(np.ceil(u / SUBPIXELS), 0.0), width * 1.0))
        pixels[vertex, 1] = np.uint32(min(max(np.ceil(v / SUBPIXELS), 0.0), height * 1.0))
        depth[vertex] = scale * (1.0 - near / z) * DEPTH_STEPS
        inverse_depth[vertex] = 1.0 / z
    return is_somewhere
