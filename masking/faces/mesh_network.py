"""From a candidate face to 468 points: MediaPipe's face landmark network, run twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.faces.detector import Detection
from masking.faces.keypoints import Keypoints, roll
from masking.faces.networks import LANDMARK_FILE, Network, probability, weights_file
from masking.faces.pyramid import Pyramid
from masking.faces.regions import Region, region_around

POINTS = 468
EYE_CORNERS = (33, 263)
REGION_MARGIN = 1.5
KEYPOINT_VERTICES = ((33, 133, 145, 159), (263, 362, 374, 386), (1,), (13, 14))
"""The vertices whose means are the right eye, the left eye, the nose tip and the mouth."""


@dataclass(frozen=True)
class FittedFace:
    """points (468, 3) float64: u, v in pixels from the picture's corner, depth on the same scale, smaller is nearer.
    score: how sure the network is that it looked at a face, 0..1. It may be sure of a face that stands on its head.
    """

    points: npt.NDArray[np.float64]
    score: float

    @property
    def keypoints(self) -> Keypoints:
        """Right eye, left eye, nose tip, mouth (4, 2), pixels from the picture's corner."""
        return np.stack([self.points[list(vertices), :2].mean(axis=0) for vertices in KEYPOINT_VERTICES])

    @property
    def box(self) -> npt.NDArray[np.float64]:
        """Left, top, right, bottom (4,) of the points, pixels."""
        return np.concatenate([self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)])

    @property
    def size(self) -> float:
        """The box's longer side, pixels, and at least one."""
        return max(1.0, float((self.box[2:] - self.box[:2]).max()))

    def region(self, margin: float) -> Region:
        """The square in which the face stands upright, its side `margin` times the longer side of its box there."""
        return region_around(self.points[:, :2], roll(self.points[list(EYE_CORNERS), :2]), margin)


class MeshNetwork:
    """Fits 468 points to a face that the detector has found."""

    def __init__(self) -> None:
        self.network = Network(weights_file(LANDMARK_FILE), (POINTS * 3, 1))

    def fit(self, picture: Pyramid, detection: Detection) -> FittedFace:
        """Fit to an RGB `picture`. The face is taken to stand as the detection's eyes do."""
        return self.passes(picture, detection)[-1]

    def passes(self, picture: Pyramid, detection: Detection) -> tuple[FittedFace, FittedFace]:
        """As `fit`, with what the look before found: each brings the points nearer to the face."""
        first = self._look(picture, detection.region(REGION_MARGIN))
        return first, self._look(picture, first.region(REGION_MARGIN))

    def fit_mirrored(self, picture: Pyramid, face: FittedFace) -> FittedFace:
        """Fit again where `face` lies, to `picture` that goes on mirrored at its border instead of black."""
        first = self._look(picture, face.region(REGION_MARGIN), mirrored=True)
        return self._look(picture, first.region(REGION_MARGIN), mirrored=True)

    def score(self, picture: Pyramid, detection: Detection) -> float:
        """How sure the network is that there is a face, 0..1, of one look; `picture` goes on mirrored at its border."""
        return self._run(picture, detection.region(REGION_MARGIN), mirrored=True)[1]

    def _look(self, picture: Pyramid, region: Region, *, mirrored: bool = False) -> FittedFace:
        points, score = self._run(picture, region, mirrored=mirrored)
        return FittedFace(region.to_picture(points, self.network.input_size), score)

    def _run(
        self, picture: Pyramid, region: Region, *, mirrored: bool = False
    ) -> tuple[npt.NDArray[np.float32], float]:
        """Points (468, 3) in the cut-out region's pixels, and the score."""
        cut = region.cut_rgb(picture, self.network.input_size, mirrored=mirrored)
        points, logit = self.network.run(cut.astype(np.float32) / np.float32(255))
        return points.reshape(POINTS, 3), probability(float(logit.item()))
