"""Looking for faces: at a whole picture, at its parts, and closely at one place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from masking.faces.detector import (
    FULL_RANGE,
    QUARTER_TURNS,
    SAME_FACE_OVERLAP,
    SHORT_RANGE,
    UPRIGHT,
    Detection,
    FaceDetector,
    overlap,
)
from masking.faces.regions import Region

Picture = npt.NDArray[np.uint8]

TURNED_BORDER, FULL_BORDER = 0.25, 0.15
"""How far looks go beyond the picture, as shares of its longer side, so that half a face at its border is found."""
CLOSE_MARGIN = 2.0
"""Side of a close look over the face's own."""


@dataclass(frozen=True)
class Tiling:
    """Photos whose longer side has at least `min_side` pixels are also looked at in `count` x `count` tiles that
    overlap by `share` of the longer side, so that no face of that size falls between two.
    """

    min_side: int
    count: int
    share: float


TILINGS = (Tiling(400, 2, 0.1), Tiling(1600, 4, 0.05))


@dataclass(frozen=True)
class Candidate:
    """A place that may be a face. short, full: what each detector's look at a whole picture or tile gave it, 0 where
    it didn't find it.
    """

    detection: Detection
    short: float = 0.0
    full: float = 0.0


class Looks:
    """The two detectors, and the ways in which they are shown a picture."""

    def __init__(self) -> None:
        self.short, self.full = FaceDetector(SHORT_RANGE), FaceDetector(FULL_RANGE)

    def upright(self, picture: Picture, min_score: float) -> list[Candidate]:
        """What the short-range detector sees in `picture` (H, W, 3) uint8 RGB as it stands, best first."""
        return [Candidate(seen, short=seen.score) for seen in self.short.detect(picture, min_score)]

    def turned(self, picture: Picture, min_score: float) -> list[Candidate]:
        """What it sees in the three other quarter turns, half faces at the border among it."""
        found = self.short.detect(picture, min_score, QUARTER_TURNS[1:], TURNED_BORDER)
        return [Candidate(seen, short=seen.score) for seen in found]

    def small(self, picture: Picture, min_score: float, *, turned: bool) -> list[Candidate]:
        """What the full-range detector, which sees smaller faces, sees in `picture` and in its tiles."""
        turns = QUARTER_TURNS if turned else UPRIGHT
        found = self.full.detect(picture, min_score, turns, FULL_BORDER)
        for left, top, right, bottom in tiles(*picture.shape[:2]):
            tile = np.ascontiguousarray(picture[top:bottom, left:right])
            found += [moved(seen, left, top) for seen in self.full.detect(tile, min_score, turns)]
        return merged([Candidate(seen, full=seen.score) for seen in found])

    def close(self, picture: Picture, region: Region, *, turned: bool, mirrored: bool = False) -> Detection | None:
        """The short-range detector's best face in `region`, looked at upright or in all quarter turns; in pixels of
        `picture`, which goes on `mirrored` beyond its border, so that half a face makes a whole one, or ends there.
        """
        size = self.short.network.input_size
        found = self.short.detect(
            region.cut(picture, size, mirrored=mirrored), 0.1, QUARTER_TURNS if turned else UPRIGHT
        )
        if not found:
            return None
        best = found[0]
        center = region.to_picture(best.center[None], size)[0]
        half = best.size * region.side / size / 2
        return Detection(
            np.concatenate([center - half, center + half]), region.to_picture(best.keypoints, size), best.score
        )


def tiles(height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, right, bottom of each tile of a picture that is large enough for TILINGS, in pixels."""
    longer = max(height, width)
    for tiling in TILINGS:
        if longer < tiling.min_side:
            return
        shared = tiling.share * longer
        side = round((longer + (tiling.count - 1) * shared) / tiling.count)
        for top in _starts(height, side, shared):
            for left in _starts(width, side, shared):
                yield left, top, min(left + side, width), min(top + side, height)


def _starts(length: int, side: int, shared: float) -> list[int]:
    """Where tiles of `side` begin that cover `length` evenly and overlap by at least `shared` pixels."""
    count = 1 + max(0, math.ceil((length - side) / (side - shared) - 1e-6))
    return [round(start) for start in np.linspace(0, max(0, length - side), count)]


def moved(detection: Detection, right: float, down: float) -> Detection:
    """`detection`, found in a part of a picture that begins at (right, down), in the picture's own pixels."""
    shift = np.array([right, down])
    return replace(detection, box=detection.box + np.tile(shift, 2), keypoints=detection.keypoints + shift)


def merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate a place, best first, with the best score that each detector gave it."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda each: -each.detection.score):
        for index, other in enumerate(kept):
            if overlap(candidate.detection.box, other.detection.box[None])[0] > SAME_FACE_OVERLAP:
                short, full = max(other.short, candidate.short), max(other.full, candidate.full)
                kept[index] = replace(other, short=short, full=full)
                break
        else:
            kept.append(candidate)
    return kept
