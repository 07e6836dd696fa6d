"""What covers masks while the rest of a picture is searched for faces."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

SQUARES, CONTRAST = 10, 40
"""How many squares the side of a square of the mask's area has, and by how many levels they lie above and below the
mask's mean colour.
"""


def covered(overlay: Picture, hulls: Sequence[npt.NDArray[np.bool_]]) -> Picture:
    """`overlay` (H, W, 3), each of the `hulls` (H, W) painted over with a chessboard around its mean colour.

    Between hair, ears and neck the detectors still see a head in an even colour.
    """
    painted = overlay.copy()
    for hull in hulls:
        left, top, width, height = cv2.boundingRect(hull.view(np.uint8))
        if width == 0:
            continue
        part = painted[top : top + height, left : left + width]
        chosen = np.ascontiguousarray(hull[top : top + height, left : left + width]).view(np.uint8)
        side = max(2, round(math.sqrt(cv2.countNonZero(chosen)) / SQUARES))
        rows, columns = np.ogrid[: -(-height // side), : -(-width // side)]
        dark = ((rows + columns) % 2).astype(np.uint8)
        squares = np.array([1, -1])[dark][..., None] * CONTRAST + np.rint(cv2.mean(part, chosen)[:3])
        size = (dark.shape[1] * side, dark.shape[0] * side)
        board = cv2.resize(np.clip(squares, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        part[:] = cv2.copyTo(board[:height, :width], chosen, part.copy())
    return painted
