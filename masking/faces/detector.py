"""Where faces may be: MediaPipe's BlazeFace detectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from masking.faces.clusters import cluster_boxes, weighted_means
from masking.faces.keypoints import roll
from masking.faces.networks import Network, weights_file
from masking.faces.regions import Region

SAME_FACE_OVERLAP = 0.3
"""Intersection over union from which two of one look's candidates are one face."""
AT_THE_BORDER = 0.1
"""How far beyond the picture a half face's middle may lie, as a share of the face."""
UPRIGHT = (0,)
QUARTER_TURNS = (0, 1, 2, 3)
ROTATIONS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}

INPUT_LEVELS = np.arange(256).astype(np.float32) / 127.5 - 1
"""What the networks take for each of a pixel's levels."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class DetectorModel:
    """A detector's file, and its anchors as (cells a side, anchors a cell), in the order of its outputs."""

    name: str
    file_name: str
    anchor_grids: tuple[tuple[int, int], ...]


SHORT_RANGE = DetectorModel("short range", "face_detection_short_range.tflite", ((16, 2), (8, 6)))
FULL_RANGE = DetectorModel("full range", "face_detection_full_range.tflite", ((48, 1),))
FULL_RANGE_SPARSE = DetectorModel("full range, sparse", "face_detection_full_range_sparse.tflite", ((48, 1),))
BACK = DetectorModel("back", "face_detection_back.tflite", ((16, 2), (8, 6)))


@dataclass(frozen=True)
class Detection:
    """A candidate face. box (4,): left, top, right, bottom; keypoints (6, 2): right eye, left eye, nose tip, mouth,
    right ear, left ear of the subject; both in pixels from the picture's top left corner. score: the detector's own,
    0..1.
    """

    box: npt.NDArray[np.float64]
    keypoints: npt.NDArray[np.float64]
    score: float

    @property
    def center(self) -> npt.NDArray[np.float64]:
        """Middle (2,) of the box, pixels."""
        return np.asarray(self.box.reshape(2, 2).mean(axis=0))

    @property
    def size(self) -> float:
        """The box's longer side, pixels, and at least one."""
        return max(1.0, float((self.box[2:] - self.box[:2]).max()))

    def region(self, margin: float) -> Region:
        """The square around the box's middle in which the eyes lie level, `margin` times the box's longer side wide."""
        return Region((float(self.center[0]), float(self.center[1])), self.size * margin, roll(self.keypoints))


class FaceDetector:
    """Finds candidate faces, best first, in pictures of any size."""

    def __init__(self, model: DetectorModel = SHORT_RANGE) -> None:
        self.model = model
        anchors = sum(cells * cells * count for cells, count in model.anchor_grids)
        self.network = Network(weights_file(model.file_name), (anchors * 16, anchors))

    def detect(
        self, picture: Picture, min_score: float, turns: Sequence[int] = UPRIGHT, border: float = 0.0
    ) -> list[Detection]:
        """Candidates in `picture` (H, W, 3) uint8 RGB that score at least `min_score`, one a cluster, best first.

        turns: how many quarter turns, counterclockwise, the picture is looked at in; of candidates of several turns at
        one cluster the best is kept. border: how far the picture goes on, mirrored, on each side, as a share of its
        longer side, so that half a face at its border becomes a whole one.
        """
        size = self.network.input_size
        letterbox, scale, offset = _letterbox(picture, size, border)
        found = [self._look(letterbox, turn, min_score) for turn in turns]
        if not any(len(part[2]) for part in found):
            return []
        boxes, keypoints, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        boxes = (boxes - np.tile(offset, 2)) / scale
        keypoints = (keypoints - offset) / scale
        turn_of = np.repeat(np.arange(len(turns)), [len(part[2]) for part in found])
        if border:
            real = _lie_in_picture(boxes, *picture.shape[:2])
            boxes, keypoints, scores, turn_of = boxes[real], keypoints[real], scores[real], turn_of[real]
        return _merge_overlapping(boxes, keypoints, scores, turn_of)

    def _look(
        self, letterbox: npt.NDArray[np.float32], turn: int, min_score: float
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Boxes (N, 4), keypoints (N, 6, 2) in pixels of `letterbox`, and scores (N,)."""
        size = self.network.input_size
        turned = np.asarray(cv2.rotate(letterbox, ROTATIONS[turn]), np.float32) if turn else letterbox
        regressors, classificators = self.network.run(turned)
        logits = classificators.reshape(-1)
        kept = np.flatnonzero(logits >= np.log(min_score / (1 - min_score))) if 0 < min_score < 1 else slice(None)
        scores = 1 / (1 + np.exp(-np.clip(logits[kept].astype(np.float64), -80, 80)))
        # Eight points a candidate: the box's centre and size, then six keypoints, all relative to the anchor.
        points = regressors.reshape(-1, 8, 2)[kept].astype(np.float64)
        anchors = _anchors(self.model.anchor_grids)[kept] * size
        points[:, [0, 2, 3, 4, 5, 6, 7]] += anchors[:, None]
        middles, sizes = points[:, 0], points[:, 1]
        if turn:
            middles, keypoints = (turned_back(each, turn, size, size) for each in (middles, points[:, 2:]))
            sizes = sizes[:, ::-1] if turn % 2 else sizes
        else:
            keypoints = points[:, 2:]
        return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1), keypoints, scores


def turned_back(points: npt.NDArray[np.float64], turn: int, height: int, width: int) -> npt.NDArray[np.float64]:
    """Points (..., 2) of a picture of `height` and `width`, pixels, before it was turned counterclockwise by `turn`
    quarters.
    """
    u, v = points[..., 0], points[..., 1]
    u, v = {0: (u, v), 1: (width - v, u), 2: (width - u, height - v), 3: (v, height - u)}[turn]
    return np.stack([u, v], axis=-1)


@lru_cache(maxsize=4)
def _anchors(grids: tuple[tuple[int, int], ...]) -> npt.NDArray[np.float64]:
    """Anchor centres (N, 2) as shares of the picture's side: the cells' centres, row by row."""
    centers = []
    for cells, count in grids:
        rows, columns = np.mgrid[0:cells, 0:cells]
        of_cells = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1) / cells
        centers.append(np.repeat(of_cells, count, axis=0))
    return np.concatenate(centers)


def _letterbox(
    picture: Picture, size: int, border: float = 0.0
) -> tuple[npt.NDArray[np.float32], float, npt.NDArray[np.float64]]:
    """The whole picture, scaled to fit a square of `size`, as floats in -1..1; scale; offset (2,).

    Around it the square is black, or with a `border` the picture's mirror image.
    """
    height, width = picture.shape[:2]
    scale = size / (max(height, width) * (1 + 2 * border))
    new_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Averaging takes five times as long; where little is lost, a look for other faces does without.
    shrinks = scale < 1 if border == 0 else scale < 0.6
    resized = cv2.resize(picture, new_size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    offset = (size - np.array(new_size)) // 2
    left, top = (int(start) for start in offset)
    if border:
        right, bottom = size - new_size[0] - left, size - new_size[1] - top
        mirrored = cv2.copyMakeBorder(resized, top, bottom, left, right, cv2.BORDER_REFLECT)
        return np.asarray(cv2.LUT(mirrored, INPUT_LEVELS), np.float32), scale, offset.astype(np.float64)
    result = np.full((size, size, 3), -1, dtype=np.float32)
    result[top : top + new_size[1], left : left + new_size[0]] = cv2.LUT(resized, INPUT_LEVELS)
    return result, scale, offset.astype(np.float64)


def _lie_in_picture(boxes: npt.NDArray[np.float64], height: int, width: int) -> npt.NDArray[np.bool_]:
    """Which of `boxes` (N, 4) have their middle in the picture, or just at its border, and are no mirror images."""
    corners = boxes.reshape(-1, 2, 2)
    middles, sizes = corners.mean(axis=1), (corners[:, 1] - corners[:, 0]).max(axis=1)
    beyond = np.abs(middles - [width / 2, height / 2]) - np.array([width, height]) / 2
    return np.asarray((beyond <= AT_THE_BORDER * sizes[:, None]).all(axis=1))


def _merge_overlapping(
    boxes: npt.NDArray[np.float64],
    keypoints: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    turns: npt.NDArray[np.int_],
) -> list[Detection]:
    """One detection a cluster of overlapping candidates: the score-weighted mean of those of its best one's turn, as
    BlazeFace's authors do.
    """
    order = np.argsort(-scores, kind="stable")
    points = np.concatenate([boxes, keypoints.reshape(-1, 12)], axis=1)[order]
    scores, clusters = scores[order], cluster_boxes(boxes[order], SAME_FACE_OVERLAP)
    points = weighted_means(points, scores, clusters, turns[order])
    firsts = np.flatnonzero(clusters == np.arange(len(clusters)))
    return [Detection(points[first, :4], points[first, 4:].reshape(6, 2), float(scores[first])) for first in firsts]
