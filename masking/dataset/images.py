"""Reading a photo from an untrusted file, and writing PNG.

What becomes of each kind of image:
- grey, palette and CMYK become RGB; 16-bit grey keeps its upper 8 bits;
- transparency is laid over white;
- EXIF orientation is applied; embedded colour profiles are ignored;
- anything but one whole, still PNG or JPEG within the pixel bound is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import warnings
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from masking.core.errors import ChangedImageError, UnreadableImageError, first_line
from masking.core.file_state import FileState

FORMATS = ("PNG", "JPEG")
END_MARKERS = {"PNG": b"\0\0\0\0IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}
MOST_BYTES_PER_PIXEL = 8
PNG_OPTIONS = (
    (cv2.IMWRITE_PNG_COMPRESSION, 1),
    (cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
    (cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)
"""One fixed filter instead of a choice for each row: half the time, files a few percent larger (docs/scaling.md)."""


def read_image(path: Path, max_megapixels: float) -> npt.NDArray[np.uint8]:
    """The photo in the file `path`, (H, W, 3) uint8 RGB.

    Raises UnreadableImageError where it is not a whole, still PNG or JPEG of at most `max_megapixels` million pixels.
    """
    return decode_image(read_image_file(path, max_megapixels)[0], max_megapixels)


def read_image_file(path: Path, max_megapixels: float) -> tuple[bytes, FileState]:
    """The content of the image file `path`, not yet decoded, and the state of the file that held exactly this content.

    Raises UnreadableImageError where it is no regular file, or too large for any image of `max_megapixels` million.
    """
    most = int(max_megapixels * 1e6) * MOST_BYTES_PER_PIXEL + 1_000_000
    try:
        # Without O_NONBLOCK, opening a FIFO that took the file's place since the walk would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableImageError("not a regular file")
            if status.st_size == 0:
                raise UnreadableImageError("the file is empty")
            if status.st_size > most:
                raise UnreadableImageError(f"the file has {status.st_size:,} bytes, more than {most:,}")
            content = file.read(most)
    except OSError as error:
        raise UnreadableImageError(f"the file can't be read: {error.strerror}") from error
    state = FileState(hashlib.sha256(content).digest(), status.st_size, status.st_mtime_ns)
    if len(content) != status.st_size:
        raise ChangedImageError("the file changed while it was read; run again when nothing writes to it")
    return content, state


def check_unchanged(path: Path, state: FileState) -> None:
    """Raise ChangedImageError unless the file `path` has the size and modification time of `state`."""
    try:
        status = path.stat()
    except OSError as error:
        raise ChangedImageError(f"the file went away while it was being masked: {error.strerror}") from error
    if (status.st_size, status.st_mtime_ns) != (state.size, state.mtime_ns):
        raise ChangedImageError("the file changed while it was being masked; run again when nothing writes to it")


def decode_image(content: bytes, max_megapixels: float) -> npt.NDArray[np.uint8]:
    """The photo in a PNG or JPEG file's `content`, as `read_image`."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; our own bound is stricter.
            warnings.simplefilter("ignore")
            _check_whole(content, max_megapixels)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                upright = ImageOps.exif_transpose(image)
                return _to_rgb(upright)
    except UnreadableImageError:
        raise
    except Exception as error:
        raise UnreadableImageError(f"not a whole PNG or JPEG image: {first_line(error)}") from error


def encode_png(picture: npt.NDArray[np.uint8]) -> bytes:
    """`picture` (H, W, 3) uint8 RGB as a PNG file with nothing but pixels in it; same picture, same bytes."""
    done, content = cv2.imencode(
        ".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [number for option in PNG_OPTIONS for number in option]
    )
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} can't be written as PNG")
    return content.tobytes()


def _check_whole(content: bytes, max_megapixels: float) -> None:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        width, height = image.size
        if width * height > max_megapixels * 1e6:
            raise UnreadableImageError(
                f"{width} x {height} pixels are more than MAX_MEGAPIXELS = {max_megapixels:g} million"
            )
        if getattr(image, "n_frames", 1) > 1:
            raise UnreadableImageError("an animation, not a still image")
        if END_MARKERS[str(image.format)] not in content:
            raise UnreadableImageError(f"the {image.format} file ends before its end marker")
        if image.format == "PNG":
            # Checks every chunk's checksum; loading stops at the last pixel.
            image.verify()


def _to_rgb(image: Image.Image) -> npt.NDArray[np.uint8]:
    if image.mode.startswith("I"):
        values = np.asarray(image)
        return np.repeat((values >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        white = Image.new("RGBA", with_alpha.size, "white")
        image = Image.alpha_composite(white, with_alpha)
    return np.array(image.convert("RGB"), dtype=np.uint8)
