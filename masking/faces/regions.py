"""Square, rotated regions of a picture, and cutting them out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from masking.faces.pyramid import Pyramid


@dataclass(frozen=True)
class Region:
    """A square on a picture: center (u, v) and side in pixels, angle in radians, clockwise on the screen.

    Coordinates here count from the picture's top left corner, so the first pixel's centre is (0.5, 0.5).
    """

    center: tuple[float, float]
    side: float
    angle: float

    def to_picture(self, points: npt.NDArray[np.floating], cut_size: int) -> npt.NDArray[np.float64]:
        """Picture points (N, 2) or (N, 3) float64 of `points` in a cut of `cut_size` pixels; depth only scales."""
        scale = self.side / cut_size
        cosine, sine = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        centred = np.asarray(points, dtype=np.float64) - np.array([cut_size / 2, cut_size / 2, 0])[: points.shape[1]]
        result: npt.NDArray[np.float64] = centred * scale
        result[:, 0] = centred[:, 0] * cosine - centred[:, 1] * sine + self.center[0]
        result[:, 1] = centred[:, 0] * sine + centred[:, 1] * cosine + self.center[1]
        return result

    def cut(self, picture: Pyramid, size: int) -> npt.NDArray[np.uint8]:
        """The region as an upright picture (size, size, C) uint8; black where it leaves `picture`."""
        return self._cut(*picture.halved(self._halvings(size)), size, cv2.BORDER_CONSTANT)

    def cut_rgb(self, picture: Pyramid, size: int, *, mirrored: bool = False) -> npt.NDArray[np.uint8]:
        """As `cut` of an RGB `picture`, which may go on `mirrored` at its border; by way of four channels, which is
        faster.
        """
        border = cv2.BORDER_REFLECT if mirrored else cv2.BORDER_CONSTANT
        cut = self._cut(*picture.halved_rgba(self._halvings(size)), size, border)
        return np.asarray(cv2.cvtColor(cut, cv2.COLOR_RGBA2RGB), np.uint8)

    def _halvings(self, size: int) -> int:
        """How often to halve the picture first: bilinear sampling alone would alias on a region of many pixels."""
        return round(math.log2(max(1, int(self.side / (2 * size)))))

    def _cut(self, part: npt.NDArray[np.uint8], factor: int, size: int, border: int) -> npt.NDArray[np.uint8]:
        """From `part`, the picture a pixel of which covers `factor` of its own."""
        corners = np.array([[0, 0], [size, 0], [0, size]], dtype=np.float64)
        # OpenCV counts from pixel centres.
        source = self.to_picture(corners, size) / factor - 0.5
        transform = cv2.getAffineTransform(source.astype(np.float32), (corners - 0.5).astype(np.float32))
        cut = cv2.warpAffine(part, transform, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(cut, dtype=np.uint8)


def region_around(points: npt.NDArray[np.floating], angle: float, margin: float) -> Region:
    """The square at `angle` whose side is `margin` times the longer side of the points' (N, 2) upright-in-it box."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = points @ np.array([[cosine, -sine], [sine, cosine]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    middle = np.array([[cosine, -sine], [sine, cosine]]) @ ((low + high) / 2)
    return Region((float(middle[0]), float(middle[1])), float((high - low).max()) * margin, angle)
