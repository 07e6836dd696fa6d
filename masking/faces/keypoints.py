"""Four points by which two models can be compared on one face: right eye, left eye, nose tip, mouth, of the subject."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keypoints = npt.NDArray[np.float64]
"""(4, 2): right eye, left eye, nose tip, mouth, pixels as (u, v). A row may be NaN where a model doesn't know it."""
NAMES = ("right eye", "left eye", "nose tip", "mouth")


def face_scale(keypoints: Keypoints) -> float:
    """The distance between the eyes, pixels; seen from the side, where it shrinks, that from the eyes to the mouth,
    which is about as long. At least one.
    """
    right_eye, left_eye, _, mouth = keypoints
    return max(
        1.0,
        float(np.linalg.norm(left_eye - right_eye)),
        float(np.linalg.norm((right_eye + left_eye) / 2 - mouth)),
    )


def roll(keypoints: npt.NDArray[np.float64]) -> float:
    """Angle of the line from the right eye to the left one, radians, clockwise on the screen; 0 is upright."""
    across = keypoints[1] - keypoints[0]
    return float(np.arctan2(across[1], across[0]))


def disagreement(model: Keypoints, witness: Keypoints) -> float:
    """The largest distance between two models' points of one face, in the witness's `face_scale`. Points that `model`
    doesn't know don't count; infinite where it knows none.
    """
    distances = np.linalg.norm(model - witness, axis=1)
    known = distances[np.isfinite(distances)]
    return float(known.max()) / face_scale(witness) if len(known) else np.inf
