"""Looking for faces: at a whole picture, at its parts, and closely at one region."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from masking.faces.clusters import cluster_boxes
from masking.faces.detector import (
    FULL_RANGE,
    QUARTER_TURNS,
    SAME_FACE_OVERLAP,
    SHORT_RANGE,
    UPRIGHT,
    Detection,
    FaceDetector,
)
from masking.faces.pyramid import Pyramid
from masking.faces.regions import Region

Window = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture, pixels."""

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
    """A region that may be a face. short, full: what each detector's look at a whole picture or tile gave it, 0 where
    it didn't find it.
    """

    detection: Detection
    short: float = 0.0
    full: float = 0.0


class Looks:
    """The two detectors, and the ways in which they are shown a picture."""

    def __init__(self) -> None:
        self.short, self.full = FaceDetector(SHORT_RANGE), FaceDetector(FULL_RANGE)

    def upright(self, picture: Pyramid, min_score: float) -> list[Candidate]:
        """What the short-range detector sees in the RGB `picture` as it stands, best first."""
        # Averaged at once, not through its halves: what most masks start from stays what it was, to the bit.
        return [Candidate(seen, short=seen.score) for seen in self.short.detect(picture.picture, min_score)]

    def turned(self, picture: Pyramid, min_score: float) -> list[Candidate]:
        """What it sees in the three other quarter turns, half faces at the border among it."""
        found = see(self.short, picture, min_score, QUARTER_TURNS[1:], border=TURNED_BORDER)
        return [Candidate(seen, short=seen.score) for seen in found]

    def small(self, picture: Pyramid, min_score: float, *, turned: bool) -> list[Candidate]:
        """What the full-range detector, which sees smaller faces, sees in `picture` and in its tiles."""
        turns = QUARTER_TURNS if turned else UPRIGHT
        found = see(self.full, picture, min_score, turns, border=FULL_BORDER)
        for tile in tiles(*picture.size):
            found += see(self.full, picture, min_score, turns, window=tile)
        return merged([Candidate(seen, full=seen.score) for seen in found])

    def close(self, picture: Pyramid, region: Region, *, turned: bool, mirrored: bool = False) -> Detection | None:
        """The short-range detector's best face in `region`, looked at upright or in all quarter turns; in pixels of
        `picture`, which goes on `mirrored` beyond its border, so that half a face makes a whole one, or ends there.
        """
        size = self.short.network.input_size
        cut = cv2.cvtColor(region.cut(picture.rgba, size, mirrored=mirrored), cv2.COLOR_RGBA2RGB)
        found = self.short.detect(np.asarray(cut, np.uint8), 0.1, QUARTER_TURNS if turned else UPRIGHT)
        if not found:
            return None
        best = found[0]
        center = region.to_picture(best.center[None], size)[0]
        half = best.size * region.side / size / 2
        return Detection(
            np.concatenate([center - half, center + half]), region.to_picture(best.keypoints, size), best.score
        )


def see(
    detector: FaceDetector,
    picture: Pyramid,
    min_score: float,
    turns: Sequence[int] = UPRIGHT,
    *,
    border: float = 0.0,
    window: Window | None = None,
) -> list[Detection]:
    """What `detector` sees in a `window` of `picture`, or in all of it, as its `detect`; in pixels of `picture`."""
    height, width = picture.size
    left, top, right, bottom = window or (0, 0, width, height)
    shrink = max(right - left, bottom - top) * (1 + 2 * border) / detector.network.input_size
    # A whole picture of the usual size is averaged at once, as always: what it shows decides more than a tile.
    halvings = int(math.log2(max(1.0, shrink))) - (window is None)
    whole, factor = picture.halved(halvings)
    left, top = left // factor, top // factor
    part = whole[top : -(-bottom // factor), left : -(-right // factor)]
    found = detector.detect(part, min_score, turns, border)
    return [_in_picture(seen, factor, left * factor, top * factor) for seen in found]


def _in_picture(detection: Detection, factor: int, left: int, top: int) -> Detection:
    """`detection`, found in a part that begins at (left, top), a pixel of which covers `factor`, in the picture's own
    pixels.
    """
    start = np.array([left, top])
    box, keypoints = detection.box * factor + np.tile(start, 2), detection.keypoints * factor + start
    return replace(detection, box=box, keypoints=keypoints)


def tiles(height: int, width: int) -> Iterator[Window]:
    """Left, top, right, bottom of each tile of a picture that is large enough for TILINGS, in pixels."""
    longer = max(height, width)
    for tiling in TILINGS:
        if longer < tiling.min_side:
            return
        shared = tiling.share * longer
        side = math.ceil((longer + (tiling.count - 1) * shared) / tiling.count)
        for top in _starts(height, side, shared):
            for left in _starts(width, side, shared):
                yield left, top, min(left + side, width), min(top + side, height)


def _starts(length: int, side: int, shared: float) -> list[int]:
    """Where tiles of `side` begin that cover `length` evenly and overlap by at least `shared` pixels."""
    count = 1 + max(0, math.ceil((length - side) / (side - shared) - 1e-6))
    return [round(start) for start in np.linspace(0, max(0, length - side), count)]


def merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate a cluster, best first, with the best score that each detector gave it."""
    found = sorted(candidates, key=lambda each: -each.detection.score)
    kept: dict[int, Candidate] = {}
    boxes = np.array([candidate.detection.box for candidate in found]).reshape(-1, 4)
    for candidate, cluster in zip(found, cluster_boxes(boxes, SAME_FACE_OVERLAP).tolist(), strict=True):
        best = kept.setdefault(cluster, candidate)
        kept[cluster] = replace(best, short=max(best.short, candidate.short), full=max(best.full, candidate.full))
    return list(kept.values())
