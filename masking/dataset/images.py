"""Reading a photo from an untrusted file.

What becomes of each kind of image:
- grey, palette and CMYK become RGB; 16-bit grey keeps its upper 8 bits;
- transparency is laid over white;
- EXIF orientation is applied; embedded colour profiles are ignored;
- of a JPEG that holds several pictures, as phones write them, the first is taken, which every viewer shows;
- anything but one whole, still picture within the pixel bound is refused, and so are 16-bit numbers that fill 12 bits.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import AvifImagePlugin, Image, ImageOps, UnidentifiedImageError

from masking.core.errors import ChangedImageError, UnreadableImageError
from masking.core.file_state import FileState
from masking.dataset.file_kinds import format_of, what_it_is

PIL_FORMATS = {"JPEG": ("JPEG", "MPO")}
"""What Pillow may take a file of a format for, where that is not the format itself."""
END_MARKERS = {"PNG": b"\0\0\0\0IEND\xaeB`\x82", "JPEG": b"\xff\xd9"}
MAX_BYTES_PER_PIXEL = 8
TIFF_BITS_PER_SAMPLE = 258
PILLOWS_OWN = "raw"
"""Pillow's decoder for what is not compressed. All else of TIFF is libtiff's, which has had many holes, and prints."""
LEVELS_OF_12_BITS = 16
"""Levels that remain of 12-bit numbers when a 16-bit picture keeps its upper 8 bits."""
# Its own threads would be one more for each worker on each core.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
DAMAGED = "damaged, or cut off; copy or download it again"


def read_image(path: Path, max_megapixels: float) -> npt.NDArray[np.uint8]:
    """The photo in the file `path`, (H, W, 3) uint8 RGB, read by Pillow alone: a second opinion on what was written.

    Raises UnreadableImageError where it is not a whole, still image of at most `max_megapixels` million pixels, in a
    format that is read.
    """
    return _decode_by_pillow(read_image_file(path, max_megapixels)[0], max_megapixels)


def read_image_file(path: Path, max_megapixels: float) -> tuple[bytes, FileState]:
    """The content of the image file `path`, not yet decoded, and the state of the file that held exactly this content.

    Raises UnreadableImageError where it is not a regular file, or too large for any image of `max_megapixels` million.
    """
    max_bytes = int(max_megapixels * 1e6) * MAX_BYTES_PER_PIXEL + 1_000_000
    try:
        # Without O_NONBLOCK, opening a FIFO that took the file's place since the walk would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableImageError("not a regular file")
            if status.st_size == 0:
                raise UnreadableImageError("the file is empty")
            if status.st_size > max_bytes:
                raise UnreadableImageError(f"the file has {status.st_size:,} bytes, more than {max_bytes:,}")
            content = file.read(max_bytes)
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
        raise ChangedImageError(f"the file disappeared while it was being masked: {error.strerror}") from error
    if (status.st_size, status.st_mtime_ns) != (state.size, state.mtime_ns):
        raise ChangedImageError("the file changed while it was being masked; run again when nothing writes to it")


def decode_image(content: bytes, max_megapixels: float) -> npt.NDArray[np.uint8]:
    """The photo in an image file's `content`, as `read_image`, but plain PNGs in half the time."""
    # Compiled loops, which whoever only walks a tree needn't load.
    from masking.dataset.png import decode_plain_png

    plain = decode_plain_png(content, max_megapixels * 1e6)
    return plain if plain is not None else _decode_by_pillow(content, max_megapixels)


def _decode_by_pillow(content: bytes, max_megapixels: float) -> npt.NDArray[np.uint8]:
    image_format = format_of(content)
    if image_format is None:
        raise UnreadableImageError(what_it_is(content))
    formats = PIL_FORMATS.get(image_format, (image_format,))
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images; our own bound is stricter.
            warnings.simplefilter("ignore")
            _check_whole(content, formats, max_megapixels)
            with Image.open(io.BytesIO(content), formats=formats) as image:
                is_deep = _has_16_bits(image, content)
                upright = ImageOps.exif_transpose(image)
                return _to_rgb(upright, is_deep=is_deep)
    except UnreadableImageError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"more pixels than MAX_MEGAPIXELS = {max_megapixels:g} million") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError(f"the file begins as {image_format} but doesn't go on as one: {DAMAGED}") from error
    except Exception as error:
        # What the libraries say of it names addresses and their own insides.
        raise UnreadableImageError(f"not a whole {image_format} image: {DAMAGED}") from error


def _check_whole(content: bytes, formats: tuple[str, ...], max_megapixels: float) -> None:
    with Image.open(io.BytesIO(content), formats=formats) as image:
        image_format = str(image.format)
        width, height = image.size
        if width * height > max_megapixels * 1e6:
            raise UnreadableImageError(
                f"{width} x {height} pixels are more than MAX_MEGAPIXELS = {max_megapixels:g} million"
            )
        if image_format == "TIFF" and any(part[0] != PILLOWS_OWN for part in image.tile):
            raise UnreadableImageError("a compressed TIFF: save it without compression, or convert it to PNG")
        if image_format != "MPO" and _has_another_picture(image):
            raise UnreadableImageError(
                "the TIFF holds several pictures: save the one you mean by itself"
                if image_format == "TIFF"
                else "an animation, not a still image"
            )
        if _is_cut_off(content, formats[0]):
            raise UnreadableImageError(f"the {formats[0]} file ends before its end marker")
        if image_format == "PNG":
            # Checks every chunk's checksum; loading stops at the last pixel.
            image.verify()


def _has_another_picture(image: Image.Image) -> bool:
    """Without counting them: a TIFF's chain of pictures may be as long as the file."""
    try:
        image.seek(1)
    except EOFError:
        return False
    return True


def _is_cut_off(content: bytes, image_format: str) -> bool:
    if image_format == "WEBP":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    return END_MARKERS.get(image_format, b"") not in content


def _has_16_bits(image: Image.Image, content: bytes) -> bool:
    if image.format == "TIFF":
        return bool(max(image.tag_v2.get(TIFF_BITS_PER_SAMPLE, (8,))) == 16)  # type: ignore[attr-defined]
    return image.format == "PNG" and content[24] == 16


def _to_rgb(image: Image.Image, *, is_deep: bool) -> npt.NDArray[np.uint8]:
    if image.mode in ("F", "LAB") or (image.mode == "I" and not is_deep):
        raise UnreadableImageError("the pixels are 32-bit numbers or Lab colours: convert it to 8-bit RGB")
    if image.mode.startswith("I"):
        values = (np.asarray(image) >> 8).astype(np.uint8)
        _check_depth(int(values.max()))
        return np.repeat(values[:, :, None], 3, axis=2)
    if is_deep:
        _check_depth(int(np.asarray(image.convert("RGB")).max()))
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        white = Image.new("RGBA", with_alpha.size, "white")
        image = Image.alpha_composite(white, with_alpha)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"), dtype=np.uint8)


def _check_depth(brightest: int) -> None:
    """brightest: the highest of a 16-bit picture's upper 8 bits, or 0 where it is black throughout."""
    if 0 < brightest < LEVELS_OF_12_BITS:
        raise UnreadableImageError(
            f"a 16-bit picture without a value above {256 * (brightest + 1) - 1:,}, as 10- or 12-bit data give: it "
            "would be read as nearly black. Multiply the values, by 16 for 12 bits and by 64 for 10, or save 8 bits"
        )
