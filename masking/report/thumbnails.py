"""Small pictures that are embedded in the report."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.errors import UnreadableImageError
from masking.dataset import read_image

LONGEST_SIDE = 112
JPEG_QUALITY = 80
THREADS = 4


def thumbnails(paths: Iterable[Sequence[Path | None]], max_megapixels: float) -> Iterator[list[str]]:
    """For each image the thumbnails of its pictures: base64 of a JPEG file, empty where there is no readable picture.

    Each photo is read with the same care as for masking.
    """

    def of_one(pictures: Sequence[Path | None]) -> list[str]:
        return [thumbnail(path, max_megapixels) if path else "" for path in pictures]

    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(of_one, paths)


def thumbnail(path: Path, max_megapixels: float) -> str:
    """One picture's thumbnail, as `thumbnails` gives it."""
    try:
        picture = _shrunk(read_image(path, max_megapixels))
    except UnreadableImageError:
        return ""
    _, content = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    return base64.b64encode(content.tobytes()).decode("ascii")


def _shrunk(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = picture.shape[:2]
    share = min(1.0, LONGEST_SIDE / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
