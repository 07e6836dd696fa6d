"""Frame -> prepared image: a loose square around the face."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


def crop_square(frame: Picture, box: npt.NDArray[np.float64], margin: float, size: int) -> Picture:
    """The square (size, size, C) whose middle is that of `box` (4,) and whose side is `margin` times its longer side.

    Where it leaves `frame` (H, W, C), the frame's edge pixels are repeated.
    """
    side = max(1, round(float((box[2:] - box[:2]).max()) * margin))
    left, top = np.rint(box.reshape(2, 2).mean(axis=0) - side / 2).astype(int)
    return cut_square(frame, int(left), int(top), side, size)


def crop_as_original(frame: Picture, box: npt.NDArray[np.float64], margin: float, size: int) -> Picture:
    """As the original preparation: the square around `box` (4,), clipped to the frame, widened on all sides to `margin`
    times its side, clipped again, and what is left of it resized to (size, size, C), squeezed where it was clipped.
    """
    height, width = frame.shape[:2]
    side = float((box[2:] - box[:2]).max())
    middle = box.reshape(2, 2).mean(axis=0)
    bounds = np.array([width, height])
    low, high = (np.clip(middle + sign * side / 2, 0, bounds) for sign in (-1, 1))
    wider = (margin - 1) / 2 * side
    left, top = np.clip(np.rint(low - wider), 0, bounds - 1).astype(int)
    right, bottom = np.clip(np.rint(high + wider), [left + 1, top + 1], bounds).astype(int)
    return _resized(frame[top:bottom, left:right], size)


def cut_square(frame: Picture, left: int, top: int, side: int, size: int) -> Picture:
    """The square of `side` pixels at (left, top) of `frame` (H, W, C), resized to (size, size, C); beyond the frame
    its edge pixels are repeated.
    """
    height, width = frame.shape[:2]
    # A square that lies far outside is brought to the frame's edge first, where it looks the same.
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    inner = frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    before = int(np.count_nonzero(rows == rows[0])) - 1, int(np.count_nonzero(columns == columns[0])) - 1
    after = side - before[0] - inner.shape[0], side - before[1] - inner.shape[1]
    if any(before) or any(after):
        inner = np.asarray(
            cv2.copyMakeBorder(inner, before[0], after[0], before[1], after[1], cv2.BORDER_REPLICATE), np.uint8
        )
    return _resized(inner, size)


def _resized(part: Picture, size: int) -> Picture:
    interpolation = cv2.INTER_AREA if max(part.shape[:2]) > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (size, size), interpolation=interpolation), dtype=np.uint8)
