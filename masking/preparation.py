"""Frame -> prepared image: find the face, add a margin, resize."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

PREPARED_SIZE = 224
LOOSE_MARGIN = 1.9
"""Side of a loose crop over the longer side of the box around the face's landmarks: all of the head, and some air."""

LandmarkFinder = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]


def prepare(
    frame: npt.NDArray[np.uint8],
    find_landmarks: LandmarkFinder,
    margin: float = LOOSE_MARGIN,
    offset: tuple[float, float] = (0.0, 0.0),
    size: int = PREPARED_SIZE,
) -> npt.NDArray[np.uint8]:
    """A loose square crop (size, size, 3) uint8 around the one face of `frame` (H, W, 3) uint8 RGB.

    find_landmarks gives (N, 2) pixels as (u, v) of the frame's one face and raises where there isn't exactly one. The
    crop's side is `margin` times the longer side of their box; its middle is the box's, moved by `offset` (right, down)
    as shares of the crop's side. Where the crop leaves the frame, the frame's edge pixels go on.
    """
    landmarks = find_landmarks(frame)
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    side = max(1, round(float((high - low).max()) * margin))
    left, top = np.rint((low + high) / 2 + (np.array(offset) - 0.5) * side).astype(int)
    height, width = frame.shape[:2]
    before_left, before_top = max(0, -left), max(0, -top)
    after_right, after_bottom = max(0, left + side - width), max(0, top + side - height)
    padded = cv2.copyMakeBorder(frame, before_top, after_bottom, before_left, after_right, cv2.BORDER_REPLICATE)
    crop = padded[top + before_top :, left + before_left :][:side, :side]
    interpolation = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (size, size), interpolation=interpolation), dtype=np.uint8)
