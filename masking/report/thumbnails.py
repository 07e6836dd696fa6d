"""Small pictures that are embedded in the report."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.config.options import OutputOptions
from masking.core.errors import UnreadableImageError
from masking.dataset import read_image

LONGEST_SIDE = 112
JPEG_QUALITY = 80
JPEG_START = b"\xff\xd8\xff"
THREADS = 4
MAX_BYTES = 1 << 16
"""Of a thumbnail's JPEG file: ten times what noise takes."""

Picture = npt.NDArray[np.uint8]


def pictures_in_report(options: OutputOptions) -> tuple[str, ...]:
    """What the report shows of each masked image, in this order."""
    return ("photo", "overlay", "mask_only") if options.photos_in_report else ("mask_only",)


def thumbnails(images: Iterable[Sequence[Path | bytes | None]], max_megapixels: float) -> Iterator[list[str]]:
    """For each image the thumbnails of its pictures: base64 of a JPEG file, empty where there is no readable picture.

    A picture is a file, or its thumbnail's JPEG file. Each photo is read with the same care as for masking.
    """

    def of_one(pictures: Sequence[Path | bytes | None]) -> list[str]:
        return [_thumbnail_of(picture, max_megapixels) for picture in pictures]

    with ThreadPoolExecutor(THREADS) as pool:
        yield from pool.map(of_one, images)


def thumbnail(path: Path, max_megapixels: float) -> str:
    """One picture's thumbnail, as `thumbnails` gives it."""
    try:
        picture = read_image(path, max_megapixels)
    except UnreadableImageError:
        return ""
    return _text(jpeg_thumbnail(picture))


def _thumbnail_of(picture: Path | bytes | None, max_megapixels: float) -> str:
    if picture is None:
        return ""
    return _text(picture) if isinstance(picture, bytes) else thumbnail(picture, max_megapixels)


def jpeg_thumbnail(picture: Picture) -> bytes:
    """The thumbnail of `picture` (H, W, 3) uint8 RGB, as a JPEG file."""
    small = cv2.cvtColor(_shrunk(picture), cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return content.tobytes()


def are_jpeg_thumbnails(contents: Any, count: int) -> bool:
    """Whether `contents`, a worker's word, are `count` files that `jpeg_thumbnail` can have made."""
    return (
        isinstance(contents, tuple)
        and len(contents) == count
        and all(
            type(content) is bytes and len(content) <= MAX_BYTES and content.startswith(JPEG_START)
            for content in contents
        )
    )


def _text(jpeg: bytes) -> str:
    return base64.b64encode(jpeg).decode("ascii")


def _shrunk(picture: Picture) -> Picture:
    # Of a large picture every n-th pixel, at least twice as many as are shown: to average all would take milliseconds.
    step = max(1, max(picture.shape[:2]) // (2 * LONGEST_SIDE))
    picture = np.ascontiguousarray(picture[::step, ::step])
    height, width = picture.shape[:2]
    share = min(1.0, LONGEST_SIDE / max(height, width))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
