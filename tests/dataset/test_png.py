"""Plain PNGs are written as libpng writes them, and read as Pillow reads them, or not at all."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from masking.dataset.png import SIGNATURE, decode_plain_png, encode_png

LIBPNG_OPTIONS = [
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
]
MAX_PIXELS = 1e6
pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3)))


def png_of(height: int, width: int, rows: bytes, more: tuple[tuple[bytes, bytes], ...] = (), kind: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


@pytest.mark.parametrize("shape", [(12, 40), (61, 47), (104, 104), (224, 224), (300, 500)])
def test_what_is_written_are_the_bytes_that_libpng_writes(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (shape[0] // 3, shape[1] // 3, 3), dtype=np.uint8)
    picture = cv2.resize(noise, shape[::-1])
    picture[: shape[0] // 2] = 255
    _, content = cv2.imencode(".png", picture[:, :, ::-1], LIBPNG_OPTIONS)
    assert encode_png(picture) == content.tobytes()


@given(pictures)
def test_what_is_written_is_read_the_same_by_three_readers(picture: np.ndarray) -> None:
    content = encode_png(picture)
    by_opencv = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    with Image.open(io.BytesIO(content)) as image:
        by_pillow = np.asarray(image)
    for read in (decode_plain_png(content, MAX_PIXELS), by_opencv, by_pillow):
        assert np.array_equal(read, picture)


@given(pictures, st.randoms(use_true_random=False))
def test_every_filter_is_undone_as_pillow_undoes_it(picture: np.ndarray, random: object) -> None:
    """Bytes of no matter which filter: any are some picture's."""
    height, width = picture.shape[:2]
    rows = b"".join(bytes([random.randrange(5)]) + row.tobytes() for row in picture)  # type: ignore[attr-defined]
    content = png_of(height, width, rows)
    with Image.open(io.BytesIO(content)) as image:
        assert np.array_equal(decode_plain_png(content, MAX_PIXELS), np.asarray(image))


PICTURE = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(4, 5, 3)
ROWS = b"".join(b"\0" + row.tobytes() for row in PICTURE)


@pytest.mark.parametrize(
    "content",
    [
        png_of(4, 5, ROWS[:-1]),
        png_of(4, 5, ROWS + b"\0"),
        png_of(4, 5, b"\5" + ROWS[1:]),
        png_of(4, 5, ROWS, ((b"tRNS", bytes(6)),)),
        png_of(4, 5, ROWS, ((b"eXIf", b"MM\0*"),)),
        png_of(4, 5, ROWS, ((b"acTL", bytes(8)),)),
        png_of(4, 5, ROWS, ((b"gAMA", bytes(5)),)),
        png_of(4, 5, ROWS, ((b"IHDR", bytes(13)),)),
        png_of(4, 5, ROWS, kind=6),
        png_of(0, 5, b""),
        png_of(40_000, 40_000, bytes(1000)),
        png_of(4, 5, ROWS)[:-12],
        png_of(4, 5, ROWS)[:-1],
        b"\x89PNG\r\n\x1a\n",
        b"",
    ],
    ids=[
        "a byte too few", "a byte too many", "an unknown filter", "a transparent colour", "a turned photo",
        "an animation", "a gamma of five bytes", "two headers", "an alpha channel", "no rows", "too many pixels",
        "no end", "a cut end", "a signature", "nothing",
    ],
)  # fmt: skip
def test_what_is_not_plain_and_whole_is_left_to_pillow(content: bytes) -> None:
    assert decode_plain_png(content, MAX_PIXELS) is None


def test_a_gamma_changes_no_pixel() -> None:
    assert np.array_equal(decode_plain_png(png_of(4, 5, ROWS, ((b"gAMA", bytes(4)),)), MAX_PIXELS), PICTURE)


def test_any_damaged_byte_is_noticed() -> None:
    content = encode_png(np.random.default_rng(1).integers(0, 256, (9, 11, 3), dtype=np.uint8))
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 255
        assert decode_plain_png(bytes(damaged), MAX_PIXELS) is None


@given(pictures, st.booleans(), st.integers(0, 9))
def test_what_pillow_writes_is_read(picture: np.ndarray, with_text: bool, level: int) -> None:
    file, text = io.BytesIO(), PngInfo()
    text.add_text("Comment", "which Pillow might take for EXIF data")
    Image.fromarray(picture).save(file, "PNG", compress_level=level, pnginfo=text if with_text else None)
    read = decode_plain_png(file.getvalue(), MAX_PIXELS)
    assert read is None if with_text else np.array_equal(read, picture)
