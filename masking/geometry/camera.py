"""The camera that every reconstructor fills in and every renderer looks through.

It stands on the ground floor because reconstruction and rendering share it without knowing one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# RingNet's rendering constants: the focal length, in pixels, for its crop of 224 x 224 pixels.
CROP_SIZE = 224
CROP_FOCAL_LENGTH = 50_000.0


@dataclass(frozen=True)
class PinholeCamera:
    """A pinhole camera in pixels of the original image, whose integer coordinates are pixel centres.

    u = focal_length * x / z + center[0] (column), v = focal_length * y / z + center[1] (row),
    for a point in the camera frame: x right, y down, z away from the viewer, metres.
    """

    focal_length: float
    center: tuple[float, float]

    def project(self, vertices: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Image points (V, 2) float64, as (u, v), of `vertices` (V, 3), metres, camera frame."""
        vertices = np.asarray(vertices, dtype=np.float64)
        return np.asarray(vertices[:, :2] * (self.focal_length / vertices[:, 2:]) + np.asarray(self.center))

    def unproject(self, points: npt.NDArray[np.floating], depth: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Camera-frame vertices (V, 3) float64, metres, seen at image `points` (V, 2) at `depth` (V,) metres."""
        depth = np.asarray(depth, dtype=np.float64)[:, None]
        x_y = (np.asarray(points, dtype=np.float64) - np.asarray(self.center)) * (depth / self.focal_length)
        return np.hstack([x_y, depth])


def head_distance(scale: float) -> float:
    """Distance in metres from the camera to the origin of a head of weak-perspective `scale` (pixels of half a crop
    per metre): CROP_FOCAL_LENGTH / (0.5 * CROP_SIZE * scale), RingNet's own formula.
    """
    return CROP_FOCAL_LENGTH / (0.5 * CROP_SIZE * scale)
