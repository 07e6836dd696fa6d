"""81 landmarks -> convex hull -> overlay and mask_only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.errors import LowConfidenceError


@dataclass(frozen=True)
class Mask:
    """inside (H, W) bool: the hull's pixels. overlay and mask_only (H, W, 3) uint8 RGB."""

    inside: npt.NDArray[np.bool_]
    overlay: npt.NDArray[np.uint8]
    mask_only: npt.NDArray[np.uint8]


def hull_pixels(landmarks: npt.NDArray[np.floating], height: int, width: int) -> npt.NDArray[np.bool_]:
    """The pixels (H, W) bool of the convex hull of `landmarks` (N, 2), pixels as (u, v).

    As the original: points rounded and clipped to the image, their convex hull, and the pixels of scikit-image's
    polygon. The original clipped u by the height; here each coordinate is clipped by its own side. Its hull was
    SciPy's; of whole numbers OpenCV's is the same, exactly, and a start needn't wait for SciPy.
    Raises LowConfidenceError where the points are not finite or span no area.
    """
    if not np.isfinite(landmarks).all():
        raise LowConfidenceError("the landmarks are not finite")
    points = np.clip(np.rint(landmarks), 0, [width - 1, height - 1]).astype(np.int32)
    corners = cv2.convexHull(points)[:, 0].astype(np.int64)
    if len(corners) < 3:
        raise LowConfidenceError("the landmarks span no area")
    return _fill_convex(corners, height, width)


def _fill_convex(corners: npt.NDArray[np.int64], height: int, width: int) -> npt.NDArray[np.bool_]:
    """The pixels (H, W) bool in or on the convex polygon with `corners` (N, 2), whole pixels as (u, v), in order.

    The same pixels as skimage.draw.polygon's, which asks every pixel about every edge; here each row's first and last
    pixel come from the edges that cross it, in whole numbers, so nothing is rounded.
    """
    start, end = corners, np.roll(corners, -1, axis=0)
    start, end = np.where(start[:, 1:] <= end[:, 1:], (start, end), (end, start))
    top, bottom = corners[:, 1].min(), corners[:, 1].max()
    rows = np.arange(top, bottom + 1)[:, None]
    rise = np.maximum(end[:, 1] - start[:, 1], 1)
    run = (rows - start[:, 1]) * (end[:, 0] - start[:, 0])
    crossed = (start[:, 1] <= rows) & (rows <= end[:, 1]) & (end[:, 1] > start[:, 1])
    first = np.where(crossed, start[:, 0] - (-run // rise), width).min(axis=1)
    last = np.where(crossed, start[:, 0] + run // rise, -1).max(axis=1)
    inside = np.zeros((height, width), dtype=np.bool_)
    for row, left, right in zip(rows[:, 0].tolist(), first.tolist(), last.tolist(), strict=True):
        inside[row, left : right + 1] = True
    return inside


def cut_mask(
    photo: npt.NDArray[np.uint8], rendered: npt.NDArray[np.uint8], inside: npt.NDArray[np.bool_], background: int = 255
) -> Mask:
    """Lay `rendered` over `photo`, both (H, W, 3) uint8, inside the hull (overlay), and over `background` (mask)."""
    chosen, plain = inside.view(np.uint8), np.full(photo.shape, background, dtype=np.uint8)
    overlay, mask_only = (cv2.copyTo(rendered, chosen, below.copy()) for below in (photo, plain))
    return Mask(inside, np.asarray(overlay, dtype=np.uint8), np.asarray(mask_only, dtype=np.uint8))
