"""Is a face to be seen where the photo's pixels are? Asked of detectors that have no say in what gets a mask.

Two questions: is any eye, nose or mouth of the photo left in the overlay; and does the face that the mask itself shows,
lie where the photo's does, and the same way up?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.audit.tree import MaskedImage
from masking.faces.clusters import cluster_boxes
from masking.faces.detector import BACK, FULL_RANGE_SPARSE, QUARTER_TURNS, Detection, FaceDetector
from masking.faces.keypoints import NAMES, Keypoints, disagreement, face_scale, roll
from masking.faces.looks import see, tiles
from masking.faces.pyramid import Pyramid
from masking.faces.regions import Region

CANDIDATE_SCORES = {FULL_RANGE_SPARSE: 0.4, BACK: 0.6}
CLOSE_MARGIN = 3.0
TURNS = 8
"""Angles, evenly around, at which a region is examined closely: the most confident result says which way up a face is.
"""
MIN_SCORE, MAX_UNSTEADINESS = 0.7, 0.35
"""A face is sure if it scores so high, and moves by at most this share of its eyes' distance when it is looked at
level."""
MIN_SCORE_ELSEWHERE = 0.8
"""The same beside the mask, where badges and the like score up to 0.78."""
PART_RADII = (0.25, 0.25, 0.15, 0.25)
"""Of the circles around right eye, left eye, nose tip and mouth, as shares of the eyes' distance."""
MAX_TO_BE_SEEN = (0.25, 0.25, 0.6, 0.25)
"""Of these circles; of a face seen from the side the nose's reaches beyond the face."""
MIRRORED_BORDER = 0.35
MIN_MASK_SCORE, MAX_UNSTEADINESS_ASKEW = 0.5, 0.25
SHARES_OF_MASK = (0.7, 0.8, 0.9)
"""Sizes that the face in a mask may have."""
MAX_APART = 0.42
"""Between the mask's own face and the photo's; of sound masks at most 0.35."""


@dataclass(frozen=True)
class _Seen:
    """A face, examined closely. keypoints (4, 2), pixels from the corner."""

    keypoints: Keypoints
    score: float
    unsteadiness: float

    @property
    def is_sure(self) -> bool:
        return self.score >= MIN_SCORE and self.unsteadiness <= MAX_UNSTEADINESS


class FaceCheck:
    """A Check: says which eyes, noses and mouths a masked image shows, and whether its mask is askew."""

    def __init__(self) -> None:
        self._sparse = FaceDetector(FULL_RANGE_SPARSE)
        self._back = FaceDetector(BACK)

    def __call__(self, masked: MaskedImage) -> Iterator[str]:
        """Faults of `masked`, a sentence each."""
        bare = (masked.overlay == masked.photo).all(axis=2)
        drawn = ~bare
        photo = Pyramid(masked.photo)
        for face in self._faces(photo):
            u, v = face.keypoints.mean(axis=0)
            if _share(drawn, (u, v), face_scale(face.keypoints)) == 0 and face.score < MIN_SCORE_ELSEWHERE:
                continue
            shown = [
                f"{name} ({share:.0%})"
                for name, point, radius, max_share in zip(
                    NAMES, face.keypoints, PART_RADII, MAX_TO_BE_SEEN, strict=True
                )
                if (share := _share(bare, point, radius * face_scale(face.keypoints))) > max_share
            ]
            if shown:
                yield f"a face at ({u:.0f}, {v:.0f}) can be seen: {', '.join(shown)}"
        for half in self._halves(photo):
            u, v = half.center
            if _share(bare, half.center, half.size / 3) > 0.5:
                yield f"half a face at the border, at ({u:.0f}, {v:.0f}), can be seen"
        if masked.faces == 1:
            yield from self._askew(masked, drawn)

    def _faces(self, photo: Pyramid) -> list[_Seen]:
        found: list[Detection] = []
        for detector in (self._sparse, self._back):
            min_score = CANDIDATE_SCORES[detector.model]
            found += see(detector, photo, min_score, QUARTER_TURNS, border=0.15)
            for tile in tiles(*photo.size):
                found += see(detector, photo, min_score, QUARTER_TURNS, window=tile)
        found.sort(key=lambda each: -each.score)
        boxes = np.array([each.box for each in found]).reshape(-1, 4)
        detections = [found[first] for first in np.unique(cluster_boxes(boxes, 0.3))]
        seen = (self._looked_at(photo, detection.center, detection.size) for detection in detections)
        return [face for face in seen if face is not None and face.is_sure]

    def _halves(self, photo: Pyramid) -> list[Detection]:
        """Faces that the border cuts in two: mirrored at it they are whole ones."""
        height, width = photo.size
        found = see(self._back, photo, MIN_SCORE_ELSEWHERE, QUARTER_TURNS, border=MIRRORED_BORDER)
        return [seen for seen in found if (seen.box[:2] < 0).any() or (seen.box[2:] > [width, height]).any()]

    def _askew(self, masked: MaskedImage, drawn: npt.NDArray[np.bool_]) -> Iterator[str]:
        rows, columns = np.nonzero(drawn)
        height, width = drawn.shape
        # Nobody can know which way up a face is that the picture's border cuts off.
        if len(rows) == 0 or 0 in (rows.min(), columns.min()) or rows.max() == height - 1 or columns.max() == width - 1:
            return
        corners = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]])
        middle, size = corners.mean(axis=0), float(np.ptp(corners, axis=0).max())
        of_photo, of_mask = (self._steadiest(Pyramid(each), middle, size) for each in (masked.photo, masked.mask_only))
        if of_photo is None or of_mask is None or not of_photo.is_sure:
            return
        apart = disagreement(of_mask.keypoints, of_photo.keypoints)
        steady = max(of_mask.unsteadiness, of_photo.unsteadiness) <= MAX_UNSTEADINESS_ASKEW
        if of_mask.score >= MIN_MASK_SCORE and steady and apart > MAX_APART:
            yield f"the mask's face lies {apart:.1f} eye distances away from the photo's, or turned another way"

    def _steadiest(self, picture: Pyramid, center: npt.NDArray[np.float64], size: float) -> _Seen | None:
        looks = [self._looked_at(picture, center, share * size) for share in SHARES_OF_MASK]
        return min((look for look in looks if look is not None), key=lambda look: look.unsteadiness, default=None)

    def _looked_at(self, picture: Pyramid, center: npt.NDArray[np.float64], size: float) -> _Seen | None:
        looks = [self._look(picture, center, size, 2 * np.pi * turn / TURNS) for turn in range(TURNS)]
        best = max((look for look in looks if look is not None), key=lambda look: look.score, default=None)
        if best is None:
            return None
        level = self._look(picture, best.center, best.size, roll(best.keypoints))
        if level is None:
            return _Seen(best.keypoints[:4], best.score, np.inf)
        unsteadiness = disagreement(level.keypoints[:4], best.keypoints[:4])
        return _Seen(level.keypoints[:4], level.score, unsteadiness)

    def _look(self, picture: Pyramid, center: npt.NDArray[np.float64], size: float, angle: float) -> Detection | None:
        region = Region((float(center[0]), float(center[1])), CLOSE_MARGIN * max(1.0, size), angle)
        side = self._sparse.network.input_size
        found = self._sparse.detect(region.cut(picture, side), 0.1)
        if not found:
            return None
        middle = region.to_picture(found[0].center[None], side)[0]
        half = found[0].size * region.side / side / 2
        keypoints = region.to_picture(found[0].keypoints, side)
        return Detection(np.concatenate([middle - half, middle + half]), keypoints, found[0].score)


def _share(
    pixels: npt.NDArray[np.bool_], center: tuple[float, float] | npt.NDArray[np.float64], radius: float
) -> float:
    """Share of the `pixels` (H, W) in the circle around `center` (u, v) that are set; 0 where none lies in it."""
    height, width = pixels.shape
    u, v = center[0] - 0.5, center[1] - 0.5
    left, right = max(0, int(u - radius)), min(width, int(u + radius) + 2)
    top, bottom = max(0, int(v - radius)), min(height, int(v + radius) + 2)
    rows, columns = np.mgrid[top : max(top, bottom), left : max(left, right)]
    inside = (columns - u) ** 2 + (rows - v) ** 2 <= radius**2
    chosen = pixels[top : max(top, bottom), left : max(left, right)][inside]
    return float(chosen.mean()) if chosen.size else 0.0
