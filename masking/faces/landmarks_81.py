"""81 landmarks from the face mesh: 68 of its vertices, and 13 along the hairline, in the order of dlib's predictor."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from masking.faces.face_frame import face_frame, forehead_lean


class Landmarks81:
    """The mapping from 468 points to dlib's 81: iBUG's 68 (ids 0..67), then 13 on the forehead (68..80).

    The forehead's offsets were calibrated on one reference picture of the official 81-point predictor.
    """

    def __init__(self) -> None:
        folder = files("masking.faces") / "data"
        mapping = json.loads((folder / "landmarks_81.json").read_text(encoding="utf-8"))
        self._ibug = np.array(mapping["ibug68"])
        self._rim = np.array(mapping["forehead13_codeniko_68_to_80_rim_vertex"])
        self._below = np.array(mapping["forehead13_row_below"])
        self._offsets = np.array(mapping["forehead13_offset_right_up_fraction_of_|v10-v152|"])

    def landmarks(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Landmarks (81, 2) float64, pixels as (u, v), of the face with vertices `points` (468, 3)."""
        frame = face_frame(points)
        rim = points[self._rim]
        right, up = self._offsets.T
        lean = forehead_lean(rim, points[self._below], frame)
        steps = np.outer(right, frame.right) + up[:, None] * (frame.up + lean[:, None] * frame.front)
        return np.concatenate([points[self._ibug], rim + frame.height * steps])[:, :2]
