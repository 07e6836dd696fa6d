"""Where faces may be: CenterFace, trained on crowds, where faces are turned, dark or half hidden (Xu et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from masking.faces.clusters import cluster_boxes
from masking.faces.detector import SAME_FACE_OVERLAP, Detection
from masking.faces.networks import Network, NetworkFile

CENTERFACE = NetworkFile(
    Path(__file__).with_name("centerface_weights") / "centerface.tflite",
    "a140e80a5cb37a2b173e07e3bbf58df45842951602c9149efcd1d9af345063de",
)
"""See centerface_weights/README.md."""
CELL = 4
"""Pixels that one of the network's cells is wide."""

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hints:
    """Where anything resembles a face: points (N, 2), pixels, and scores (N,), 0..1."""

    points: Points
    scores: npt.NDArray[np.float32]


class CenterFace:
    """Finds candidate faces, best first, in pictures of any size, scaled to a square of `input_size` pixels."""

    def __init__(self, input_size: int) -> None:
        cells = (input_size // CELL) ** 2
        self.network = Network(CENTERFACE, (cells, 2 * cells, 2 * cells, 10 * cells), input_size)

    def look(self, picture: Picture, min_score: float, min_hint: float) -> tuple[list[Detection], Hints]:
        """What may be faces in `picture` (H, W, 3) uint8 RGB: those that score at least `min_score`, one a cluster,
        best first; and where anything scores at least `min_hint`.

        The keypoints (4, 2) are the eyes, the nose tip and the mouth: the network knows no ears.
        """
        square, scale = in_square(picture, self.network.input_size)
        # The network takes signed levels: with the highest bit turned over, unsigned ones are 128 less.
        heat, *rest = (output[0] for output in self.network.run((square ^ 128).view(np.int8)))
        rows, columns = np.nonzero(heat[..., 0] >= min_hint)
        scores = heat[rows, columns, 0]
        hints = Hints((np.stack([columns, rows], axis=1).astype(np.float64) + 0.5) * (CELL / scale), scores)
        if not (scores >= min_score).any():
            return [], hints
        strong = np.flatnonzero(scores >= min_score)
        order = strong[np.argsort(-scores[strong], kind="stable")]
        boxes, points = _boxes_and_keypoints(rows[order], columns[order], *rest)
        boxes, points = boxes / scale, points / scale
        firsts = np.flatnonzero(cluster_boxes(boxes, SAME_FACE_OVERLAP) == np.arange(len(boxes)))
        return [Detection(boxes[first], points[first], float(scores[order[first]])) for first in firsts], hints


def _boxes_and_keypoints(
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.float32],
    keypoints: npt.NDArray[np.float32],
) -> tuple[Points, Points]:
    """Boxes (N, 4) and keypoints (N, 4, 2) of those cells (N,), pixels of the square."""
    # Heights before widths, rows before columns, as the network's authors have it.
    extents = np.exp(sizes[rows, columns, ::-1].astype(np.float64)) * CELL
    middles = (np.stack([columns, rows], axis=1) + offsets[rows, columns, ::-1] + 0.5) * CELL
    corners = middles - extents / 2
    shares = keypoints[rows, columns].reshape(-1, 5, 2)[..., ::-1].astype(np.float64)
    points = corners[:, None] + shares * extents[:, None]
    mouth = points[:, 3:].mean(axis=1, keepdims=True)
    return np.concatenate([corners, corners + extents], axis=1), np.concatenate([points[:, :3], mouth], axis=1)


def in_square(picture: Picture, size: int) -> tuple[Picture, float]:
    """The whole `picture`, scaled to fit the top left of a black square of `size` pixels; and by how much."""
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    if height == width == size:
        return picture, scale
    new_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(picture, new_size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    square = np.zeros((size, size, 3), np.uint8)
    square[: new_size[1], : new_size[0]] = resized
    return square, scale
