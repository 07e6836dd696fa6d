"""A loose crop around a face's landmarks, as the examples are made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from masking.preparation.crop import cut_square

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
    return cut_square(frame, int(left), int(top), side, size)
