"""A photo of any size -> RingNet's input, and the camera back to the photo.

The steps and roundings are those of RingNet's own demo, so that its network sees the same numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.core.errors import UnreadableImageError
from masking.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, PinholeCamera

_MARGIN = CROP_SIZE // 2
# 2 * (level / 255 - 0.5) of each of the 256 grey levels, rounded once to float32.
_NETWORK_LEVELS = (2.0 * (np.arange(256) / 255.0 - 0.5)).astype(np.float32)


@dataclass(frozen=True)
class Crop:
    """Where the network's input lies in the image.

    scale: crop pixels per image pixel. start (x, y): the image's centre in the scaled image, whole pixels.
    A point (u, v) of the image lies at (u, v) * scale - start + CROP_SIZE / 2 in the crop.
    """

    scale: float
    start: tuple[int, int]

    def to_crop(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Crop pixels (N, 2) float64 of image pixels `points` (N, 2), as (u, v)."""
        return np.asarray(points * np.float64(self.scale) - np.array(self.start) + _MARGIN, np.float64)

    def to_image(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Image pixels (N, 2) float64 of crop pixels `points` (N, 2), as (u, v)."""
        return np.asarray((points + np.array(self.start) - _MARGIN) / np.float64(self.scale), np.float64)

    @property
    def camera(self) -> PinholeCamera:
        """The camera of the whole image that sees what RingNet's camera sees in the crop."""
        center = self.to_image(np.array([[_MARGIN, _MARGIN]]))[0]
        return PinholeCamera(CROP_FOCAL_LENGTH / self.scale, (float(center[0]), float(center[1])))


def crop_image(image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], Crop]:
    """Cut out the 224 x 224 pixels around the middle of `image` (H, W, 3) uint8, its longer side scaled to 224.

    What lies beyond the image repeats its edge pixels.
    Raises UnreadableImageError for an image so narrow that nothing of it is left at that size.
    """
    import cv2

    height, width = image.shape[:2]
    scale = 1.0 if max(height, width) == CROP_SIZE else CROP_SIZE / max(height, width)
    scaled_width, scaled_height = math.floor(width * scale), math.floor(height * scale)
    if scaled_width < 1 or scaled_height < 1:
        raise UnreadableImageError(
            f"its {width} x {height} pixels are too narrow for a crop of {CROP_SIZE} x {CROP_SIZE}"
        )
    scaled = np.asarray(cv2.resize(image, (scaled_width, scaled_height)), np.uint8)
    # The whole pixels of the scaled size stretch the image a little differently from `scale`.
    stretch = np.array([scaled_width / width, scaled_height / height])
    center = np.round(np.round(np.array([width, height]) / 2) * stretch).astype(int)
    padded = np.pad(scaled, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), mode="edge")
    left, top = int(center[0]), int(center[1])
    return padded[top : top + CROP_SIZE, left : left + CROP_SIZE], Crop(scale, (left, top))


def network_input(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """`crop` (224, 224, 3) uint8 as the network takes it: (1, 224, 224, 3) float32 in -1..1."""
    return _NETWORK_LEVELS[crop][None]
