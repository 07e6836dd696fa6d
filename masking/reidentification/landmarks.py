"""Where the face is in a picture, as recognisers want to know it, and where that is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from masking.faces.finder import FaceFinder
from masking.faces.landmarks_81 import Landmarks81
from masking.reidentification.kinds import Kind, Picture

MOUTH_CORNERS = (61, 291)
NOSE_TIP = 1
IBUG_POINTS = 68
NO_POINTS = np.empty((0, 2))
"""For detectors that give no iBUG points, and recognisers that need none."""


@dataclass(frozen=True)
class FaceLandmarks:
    """Pixels as (u, v), counted from pixel centres. five (5, 2): the eye on the picture's left and on its right, nose
    tip, mouth's corner on the left and on the right. ibug (68, 2): iBUG's points, in dlib's order.
    """

    five: npt.NDArray[np.float64]
    ibug: npt.NDArray[np.float64]


class LandmarkFinder:
    """Finds the largest face by the face mesh."""

    def __init__(self) -> None:
        self._finder, self._landmarks = FaceFinder(), Landmarks81()
        self.description, self.fingerprint = self._finder.description, self._finder.fingerprint

    def find(self, picture: Picture) -> FaceLandmarks | None:
        """The landmarks of the largest proven face in `picture` (H, W, 3) uint8 RGB; None where there is none."""
        people = self._finder.find(picture, "largest").people
        if not people:
            return None
        face = people[0].face
        # The mesh counts from the picture's corner.
        points = face.points - [0.5, 0.5, 0.0]
        eyes = face.keypoints[:2] - 0.5
        five = np.concatenate([eyes, points[[NOSE_TIP, *MOUTH_CORNERS], :2]])
        return FaceLandmarks(five, self._landmarks.landmarks(points)[:IBUG_POINTS])


def landmarks_by_kind(
    pictures: Mapping[Kind, Picture], finder: LandmarkFinder, alignment: Literal["photo", "image"]
) -> dict[Kind, FaceLandmarks]:
    """Where the face is in each kind's picture; kinds in which no face is found are left out.

    photo: where it is in the photo, for all kinds, so that nothing drops out. image: as found in each picture itself.
    """
    if alignment == "photo":
        found = finder.find(pictures[Kind.PHOTO])
        return dict.fromkeys(pictures, found) if found else {}
    each = {kind: finder.find(picture) for kind, picture in pictures.items()}
    return {kind: landmarks for kind, landmarks in each.items() if landmarks is not None}
