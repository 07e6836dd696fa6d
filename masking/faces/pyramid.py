"""A picture at several sizes: looking often at a large one then costs little more than looking once."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


class Pyramid:
    """A picture (H, W, C) uint8 RGB, its half, its quarter and so on, each averaged from the one before when it is
    first asked for. Where a side is odd, its last pixels are left out of the half.
    """

    def __init__(self, picture: Picture) -> None:
        self._levels = [picture]
        self._rgba_levels: dict[int, Picture] = {}

    @property
    def picture(self) -> Picture:
        """The picture itself."""
        return self._levels[0]

    @property
    def size(self) -> tuple[int, int]:
        """Its height and width, pixels."""
        height, width = self.picture.shape[:2]
        return height, width

    def halved(self, times: int) -> tuple[Picture, int]:
        """The picture halved so many `times`, or as often as leaves a pixel; and how many of its pixels a pixel of that
        is wide.
        """
        times = max(0, min(times, min(self.size).bit_length() - 1))
        while len(self._levels) <= times:
            last = self._levels[-1]
            height, width = last.shape[0] // 2, last.shape[1] // 2
            even = last[: 2 * height, : 2 * width]
            self._levels.append(np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
        return self._levels[times], 2**times

    def halved_rgba(self, times: int) -> tuple[Picture, int]:
        """As `halved`, with a fourth channel that says nothing: OpenCV turns four channels twice as fast."""
        level, factor = self.halved(times)
        if factor not in self._rgba_levels:
            self._rgba_levels[factor] = np.asarray(cv2.cvtColor(level, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
        return self._rgba_levels[factor], factor
