"""From a candidate face to 468 points: MediaPipe's face landmark network, run twice."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from masking.faces.detector import Detection
from masking.faces.networks import LANDMARK_FILE, Network
from masking.reconstruction.facemesh.regions import Region, region_around

POINTS = 468
EYE_CORNERS = (33, 263)
REGION_MARGIN = 1.5
PASSES = 2
SURE_SCORE = 0.9


@dataclass(frozen=True)
class FittedFace:
    """points (468, 3) float64: u, v in pixels from the picture's corner, depth on the same scale, smaller is nearer.
    score: how sure the network is that it looked at a face, 0..1.
    """

    points: npt.NDArray[np.float64]
    score: float

    @property
    def box(self) -> npt.NDArray[np.float64]:
        """Left, top, right, bottom (4,) of the points, pixels."""
        return np.concatenate([self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)])

    @property
    def middle(self) -> npt.NDArray[np.float64]:
        """Middle (2,) of the box, pixels."""
        return np.asarray(self.box.reshape(2, 2).mean(axis=0))

    @property
    def size(self) -> float:
        """The box's longer side, pixels, and at least one."""
        return max(1.0, float((self.box[2:] - self.box[:2]).max()))


class MeshNetwork:
    """Fits 468 points to a face that the detector has found."""

    def __init__(self) -> None:
        self.network = Network(LANDMARK_FILE, (POINTS * 3, 1))

    def fit(self, picture: npt.NDArray[np.uint8], detection: Detection) -> FittedFace:
        """Fit to `picture` (H, W, 4) uint8 RGBA, whose alpha says nothing: OpenCV turns four channels twice as fast.

        The detector takes a face that stands on its head for one that doesn't; where the network isn't sure of the face
        that it is shown, it is shown the other way up too.
        """
        angle = _angle(detection.keypoints[0], detection.keypoints[1])
        face = self._fit_at(picture, detection, angle)
        if face.score < SURE_SCORE:
            turned = self._fit_at(picture, detection, angle + np.pi)
            face = max(face, turned, key=lambda fitted: fitted.score)
        return face

    def _fit_at(self, picture: npt.NDArray[np.uint8], detection: Detection, angle: float) -> FittedFace:
        corners = detection.box.reshape(2, 2)
        center = corners.mean(axis=0)
        side = max(1.0, float((corners[1] - corners[0]).max()) * REGION_MARGIN)
        face = self._look(picture, Region((float(center[0]), float(center[1])), side, angle))
        # A pass over the region that the one before has found brings the points nearer to the face.
        for _ in range(PASSES - 1):
            right_eye, left_eye = face.points[list(EYE_CORNERS), :2]
            face = self._look(picture, region_around(face.points[:, :2], _angle(right_eye, left_eye), REGION_MARGIN))
        return face

    def _look(self, picture: npt.NDArray[np.uint8], region: Region) -> FittedFace:
        size = self.network.input_size
        cut = cv2.cvtColor(region.cut(picture, size), cv2.COLOR_RGBA2RGB)
        points, logit = self.network.run(cut.astype(np.float32) / np.float32(255))
        on_picture = region.to_picture(points.reshape(POINTS, 3), size)
        return FittedFace(on_picture, float(1 / (1 + np.exp(-np.clip(float(logit.item()), -80, 80)))))


def _angle(right_eye: npt.NDArray[np.float64], left_eye: npt.NDArray[np.float64]) -> float:
    across = left_eye - right_eye
    return float(np.arctan2(across[1], across[0]))
