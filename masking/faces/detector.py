"""Where faces may be: MediaPipe's short-range BlazeFace detector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from masking.faces.networks import Network

ANCHOR_GRIDS = ((16, 2), (8, 6))
"""The network's anchors: (cells a side, anchors a cell), in the order of its 896 outputs."""
SAME_FACE_OVERLAP = 0.3


@dataclass(frozen=True)
class Detection:
    """A candidate face. box (4,): left, top, right, bottom; keypoints (6, 2): right eye, left eye, nose, mouth, right
    ear, left ear of the subject; both in pixels of the picture. score: the detector's own, 0..1.
    """

    box: npt.NDArray[np.float64]
    keypoints: npt.NDArray[np.float64]
    score: float


class FaceDetector:
    """Finds candidate faces, best first, in pictures of any size."""

    def __init__(self) -> None:
        anchors = sum(cells * cells * count for cells, count in ANCHOR_GRIDS)
        self.network = Network("face_detection_short_range.tflite", (anchors * 16, anchors))

    def detect(self, picture: npt.NDArray[np.uint8], min_score: float) -> list[Detection]:
        """Candidates in `picture` (H, W, 3) uint8 RGB that score at least `min_score`, one a place, best first."""
        return self.detect_and_suspect(picture, min_score, min_score)[0]

    def detect_and_suspect(
        self, picture: npt.NDArray[np.uint8], min_score: float, suspicion: float
    ) -> tuple[list[Detection], list[Detection]]:
        """As `detect`; and the candidates at other places that score at least `suspicion` only."""
        size = self.network.input_size
        letterbox, scale, offset = _letterbox(picture, size)
        regressors, classificators = self.network.run(letterbox)
        scores = 1 / (1 + np.exp(-np.clip(classificators.reshape(-1).astype(np.float64), -80, 80)))
        kept = np.flatnonzero(scores >= suspicion)
        values = regressors.reshape(-1, 16)[kept].astype(np.float64)
        anchors = _anchors()[kept] * size
        # Eight points a candidate: the box's centre and size, then six keypoints, all relative to the anchor.
        points = values.reshape(-1, 8, 2)
        centers, sizes, keypoints = points[:, 0] + anchors, points[:, 1], points[:, 2:] + anchors[:, None]
        boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
        boxes = (boxes - np.tile(offset, 2)) / scale
        keypoints = (keypoints - offset) / scale
        scores = scores[kept]
        sure = scores >= min_score
        detections = _merge_overlapping(boxes[sure], keypoints[sure], scores[sure])
        for detection in detections:
            elsewhere = _overlap(detection.box, boxes) <= SAME_FACE_OVERLAP
            boxes, keypoints, scores = boxes[elsewhere], keypoints[elsewhere], scores[elsewhere]
        return detections, _merge_overlapping(boxes, keypoints, scores)


@lru_cache(maxsize=1)
def _anchors() -> npt.NDArray[np.float64]:
    """Anchor centres (896, 2) as shares of the picture's side: the cells' centres, row by row."""
    grids = []
    for cells, count in ANCHOR_GRIDS:
        rows, columns = np.mgrid[0:cells, 0:cells]
        centers = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1) / cells
        grids.append(np.repeat(centers, count, axis=0))
    return np.concatenate(grids)


def _letterbox(
    picture: npt.NDArray[np.uint8], size: int
) -> tuple[npt.NDArray[np.float32], float, npt.NDArray[np.float64]]:
    """The whole picture, scaled to fit a square of `size` with black bars, as floats in -1..1; scale; offset (2,)."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    new_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(picture, new_size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    offset = (size - np.array(new_size)) // 2
    result = np.full((size, size, 3), -1, dtype=np.float32)
    left, top = offset
    result[top : top + new_size[1], left : left + new_size[0]] = resized.astype(np.float32) / 127.5 - 1
    return result, scale, offset.astype(np.float64)


def _merge_overlapping(
    boxes: npt.NDArray[np.float64], keypoints: npt.NDArray[np.float64], scores: npt.NDArray[np.float64]
) -> list[Detection]:
    """One detection a cluster of overlapping candidates: their score-weighted mean, as BlazeFace's authors do."""
    order = np.argsort(-scores, kind="stable")
    detections = []
    while len(order):
        overlaps = _overlap(boxes[order[0]], boxes[order])
        overlaps[0] = 1  # a box without area overlaps nothing, not even itself
        cluster, order = order[overlaps > SAME_FACE_OVERLAP], order[overlaps <= SAME_FACE_OVERLAP]
        weights = scores[cluster] / scores[cluster].sum()
        detections.append(
            Detection(
                box=weights @ boxes[cluster],
                keypoints=np.tensordot(weights, keypoints[cluster], axes=1),
                score=float(scores[cluster[0]]),
            )
        )
    return detections


def _overlap(box: npt.NDArray[np.float64], boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of `box` (4,) with each of `boxes` (N, 4)."""
    corners = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    intersection = np.prod(np.clip(corners, 0, None), axis=1)
    areas = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)
    union = areas + np.prod(np.clip(box[2:] - box[:2], 0, None)) - intersection
    return np.asarray(intersection / np.maximum(union, 1e-9))
