"""Looking for faces: at a whole picture, at its parts, and closely at one region."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from masking.faces.center_face import CenterFace, Hints
from masking.faces.clusters import cluster_boxes
from masking.faces.detector import (
    FULL_RANGE,
    QUARTER_TURNS,
    SAME_FACE_OVERLAP,
    SHORT_RANGE,
    UPRIGHT,
    Detection,
    FaceDetector,
    turned_back,
)
from masking.faces.pyramid import Pyramid
from masking.faces.regions import Region

Window = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture, pixels."""

TURNED_BORDER, FULL_BORDER, QUARTER_BORDER = 0.25, 0.15, 0.12
"""How far looks go beyond the picture, as shares of its longer side, so that half a face at its border is found."""
QUARTER_SIDE = 0.68
"""Side of one of the four overlapping looks at a picture, over its longer side."""
WHOLE_SIZE = 224
"""Pixels that CenterFace sees of a picture."""
MIN_SHARE_IN_PICTURE = 0.4
"""Of a region's area. What two borders cut to less is hardly ever a face: of 1,632 that were found, two."""
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
    """A region that may be a face. short, crowd: what looks of the short-range detector and of CenterFace gave it, 0
    where they didn't find it.
    """

    detection: Detection
    short: float = 0.0
    crowd: float = 0.0


class Looks:
    """The detectors, and the ways in which they are shown a picture."""

    def __init__(self) -> None:
        self.short, self.full = FaceDetector(SHORT_RANGE), FaceDetector(FULL_RANGE)

    @cached_property
    def crowd(self) -> CenterFace:
        """CenterFace, whose file is read when it is needed."""
        return CenterFace(WHOLE_SIZE)

    def upright(self, picture: Pyramid, min_score: float) -> list[Candidate]:
        """What the short-range detector sees in the RGB `picture` as it stands, best first."""
        # Averaged at once, not through its halves: what most masks start from stays what it was, to the bit.
        return [Candidate(seen, short=seen.score) for seen in self.short.detect(picture.picture, min_score)]

    def turned(self, picture: Pyramid, min_score: float) -> list[Candidate]:
        """What it sees in the three other quarter turns, half faces at the border among it."""
        found = see(self.short, picture, min_score, QUARTER_TURNS[1:], border=TURNED_BORDER)
        return [Candidate(seen, short=seen.score) for seen in found]

    def small(self, picture: Pyramid, min_score: float) -> list[Candidate]:
        """What the full-range detector, which sees smaller faces, sees in `picture` and in its tiles."""
        found = see(self.full, picture, min_score, QUARTER_TURNS, border=FULL_BORDER)
        for tile in tiles(*picture.size):
            found += see(self.full, picture, min_score, QUARTER_TURNS, window=tile)
        return merged([Candidate(seen) for seen in found])

    def quarters(
        self, picture: Pyramid, min_score: float, hints: npt.NDArray[np.float64], turns: Sequence[int] = UPRIGHT
    ) -> list[Candidate]:
        """What the short-range detector sees, in those quarter `turns`, in those quarters of `picture` in which one of
        the `hints` (N, 2) lies, pixels. The quarters overlap one another, and go on mirrored beyond the picture's
        border.
        """
        size, (height, width) = self.short.network.input_size, picture.size
        scale = size / (QUARTER_SIDE * max(height, width))
        whole, factor = picture.halved(int(math.log2(max(1.0, 1 / scale))))
        new_size = (max(1, round(width * scale)), max(1, round(height * scale)))
        averaged = cv2.INTER_AREA if scale * factor < 1 else cv2.INTER_LINEAR
        resized = cv2.resize(whole, new_size, interpolation=averaged)
        border = round(QUARTER_BORDER * max(new_size))
        bordered = np.asarray(cv2.copyMakeBorder(resized, border, border, border, border, cv2.BORDER_REFLECT), np.uint8)
        found = []
        for top, left in product(*(_starts(length, size, 0) for length in bordered.shape[:2])):
            at = hints * scale + border - np.array([left, top])
            if ((at >= 0) & (at < size)).all(axis=1).any():
                quarter = bordered[top : top + size, left : left + size]
                seen = self.short.detect(quarter, min_score, turns)
                found += [
                    _in_picture(each, 1 / scale, (left - border) / scale, (top - border) / scale) for each in seen
                ]
        return [Candidate(seen, short=seen.score) for seen in found if lies_in_picture(seen, height, width)]

    def in_crowds(
        self, picture: Pyramid, min_score: float, min_hint: float, turns: Sequence[int] = UPRIGHT
    ) -> tuple[list[Candidate], Hints]:
        """What CenterFace sees, in those quarter `turns`, in `picture` and in its tiles; and where it has the slightest
        hint of a face.
        """
        height, width = picture.size
        found, points, scores = [], [], []
        for window in ((0, 0, width, height), *tiles(height, width)):
            part, factor, left, top = _part(picture, window, _halvings(window, WHOLE_SIZE))
            for turn in turns:
                seen, hints = self.crowd.look(np.rot90(part, turn), min_score, min_hint)
                upright = [_turned_back(each, turn, *part.shape[:2]) for each in seen]
                found += [_in_picture(each, factor, left * factor, top * factor) for each in upright]
                points.append((turned_back(hints.points, turn, *part.shape[:2]) + np.array([left, top])) * factor)
                scores.append(hints.scores)
        candidates = [Candidate(seen, crowd=seen.score) for seen in found if lies_in_picture(seen, height, width)]
        return candidates, Hints(np.concatenate(points), np.concatenate(scores))

    def close(
        self, picture: Pyramid, region: Region, turns: Sequence[int] = QUARTER_TURNS, *, mirrored: bool = False
    ) -> Detection | None:
        """The short-range detector's best face in `region`, looked at in those quarter `turns`; in pixels of `picture`,
        which goes on `mirrored` beyond its border, so that half a face makes a whole one, or ends there.
        """
        size = self.short.network.input_size
        found = self.short.detect(region.cut_rgb(picture, size, mirrored=mirrored), 0.1, turns)
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
    part_of = window or (0, 0, width, height)
    # A whole picture of the usual size is averaged at once, as always: what it shows decides more than a tile.
    halvings = _halvings(part_of, detector.network.input_size, border) - (window is None)
    part, factor, left, top = _part(picture, part_of, halvings)
    found = detector.detect(part, min_score, turns, border)
    return [_in_picture(seen, factor, left * factor, top * factor) for seen in found]


def _halvings(window: Window, size: int, border: float = 0.0) -> int:
    """How often `window`, with a `border` around it, can be halved and is no smaller than `size` pixels."""
    left, top, right, bottom = window
    return int(math.log2(max(1.0, max(right - left, bottom - top) * (1 + 2 * border) / size)))


def _part(picture: Pyramid, window: Window, halvings: int) -> tuple[npt.NDArray[np.uint8], int, int, int]:
    """`window` of `picture` halved so often; how many pixels one of its pixels covers; its left and top, in its own."""
    whole, factor = picture.halved(halvings)
    left, top = window[0] // factor, window[1] // factor
    return whole[top : -(-window[3] // factor), left : -(-window[2] // factor)], factor, left, top


def lies_in_picture(detection: Detection, height: int, width: int) -> bool:
    """Whether enough of it to be a face's lies in the picture, rather than in its mirror image beyond the border."""
    (left, top), (right, bottom) = detection.box.reshape(2, 2)
    across, down = max(0, min(right, width) - max(left, 0)), max(0, min(bottom, height) - max(top, 0))
    return bool(0 < across * down >= MIN_SHARE_IN_PICTURE * (right - left) * (bottom - top))


def _turned_back(detection: Detection, turn: int, height: int, width: int) -> Detection:
    """`detection` in a picture of `height` and `width` before it was turned counterclockwise by `turn` quarters."""
    corners = turned_back(detection.box.reshape(2, 2), turn, height, width)
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return replace(detection, box=box, keypoints=turned_back(detection.keypoints, turn, height, width))


def _in_picture(detection: Detection, factor: float, left: float, top: float) -> Detection:
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
        kept[cluster] = replace(best, short=max(best.short, candidate.short), crowd=max(best.crowd, candidate.crowd))
    return list(kept.values())
