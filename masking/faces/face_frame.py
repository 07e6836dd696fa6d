"""The face's own axes, worked out from the face mesh's 468 vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class FaceFrame:
    """The face's own axes: right, up, front (3,) unit vectors in the picture's frame; height: chin to brow, pixels."""

    right: npt.NDArray[np.float64]
    up: npt.NDArray[np.float64]
    front: npt.NDArray[np.float64]
    height: float


def face_frame(points: npt.NDArray[np.float64]) -> FaceFrame:
    """Axes of the face with vertices `points` (468, 3): from ear to ear, from chin to brow, and out of the face."""
    right = points[454] - points[234]
    right = right / np.linalg.norm(right)
    chin_to_brow = points[10] - points[152]
    up = chin_to_brow - (chin_to_brow @ right) * right
    up = up / np.linalg.norm(up)
    return FaceFrame(right, up, np.cross(right, up), float(np.linalg.norm(chin_to_brow)))


def forehead_lean(
    rim: npt.NDArray[np.float64], below: npt.NDArray[np.float64], frame: FaceFrame
) -> npt.NDArray[np.float64]:
    """How far (N,) the forehead moves to the front for each step upwards at `rim` (N, 3), from its slope above
    `below` (N, 3): 1.2 times the slope, which is never taken for more than backwards at 50 degrees.
    """
    step = rim - below
    rise = step @ frame.up
    slope = np.divide(step @ frame.front, rise, out=np.zeros_like(rise), where=np.abs(rise) > 1e-9)
    return np.asarray(1.2 * np.clip(slope, -1.2, 0.0))
