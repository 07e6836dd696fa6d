"""Broken and hostile image files, by kind. `python -m tests.hostile.pictures FOLDER` writes them as a tree."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, PngImagePlugin

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Case:
    """A file's content, the extension it goes by, and what may become of it (empty: anything)."""

    kind: str
    content: bytes
    extension: str = ".png"
    allowed: tuple[str, ...] = ("unreadable",)


def encoded(picture: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, image_format, **options)
    return file.getvalue()


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return SIGNATURE + b"".join(parts)


def header(width: int, height: int, depth: int = 8, color: int = 2) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)


def all_cases(photo: Image.Image, random: np.random.Generator) -> Iterator[Case]:
    """Every case, made from a `photo` of one face."""
    png, jpeg = encoded(photo, "PNG"), encoded(photo, "JPEG", quality=92)
    yield from truncated(png, jpeg)
    yield from flipped(png, jpeg, random)
    yield from in_other_formats(photo, random)
    yield from bombs()
    yield from odd_sizes(random)
    yield from no_images(photo, random)
    yield from other_forms(photo)
    yield from turned(photo)
    yield from with_metadata(photo)
    yield from without_one_face(photo, random)


def truncated(png: bytes, jpeg: bytes) -> Iterator[Case]:
    for content, extension in ((png, ".png"), (jpeg, ".jpg")):
        for tenth in range(10):
            yield Case("cut off at a tenth of the length", content[: len(content) * tenth // 10], extension)
        for missing in (1, 2, 3, 4, 8, 12, 13, 64):
            yield Case("last bytes missing", content[:-missing], extension)


def flipped(png: bytes, jpeg: bytes, random: np.random.Generator) -> Iterator[Case]:
    for _ in range(80):
        yield Case("PNG with a flipped bit", _flip(png, random))
        # Most of a JPEG has no checksum: a flipped bit is another photo, and may well be masked.
        yield Case("JPEG with a flipped bit", _flip(jpeg, random), ".jpg", ())
    for place in (29, 30, 31, 32):
        damaged = bytearray(png)
        damaged[place] ^= 255
        yield Case("PNG with a wrong checksum", bytes(damaged))
    for _ in range(10):
        start, length = random.integers(0, len(png) - 600), random.integers(1, 500)
        yield Case("PNG with a hole", png[:start] + bytes(length) + png[start + length :])
        yield Case("PNG with bytes left out", png[:start] + png[start + length :])


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    damaged[random.integers(len(content))] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def in_other_formats(photo: Image.Image, random: np.random.Generator) -> Iterator[Case]:
    forms: dict[str, dict[str, object]] = {"BMP": {}, "TIFF": {}, "WEBP": {}, "AVIF": {}}
    for image_format, options in forms.items():
        content = encoded(photo, image_format, **options)
        for extension in (".png", f".{image_format.lower()}"):
            yield Case("BMP, TIFF, WEBP, AVIF, under their own names and as .png", content, extension, ("masked",))
        for tenth in (1, 5, 9):
            yield Case("BMP, TIFF, WEBP, AVIF, cut off", content[: len(content) * tenth // 10])
        for _ in range(8):
            # None of them has checksums.
            yield Case("BMP, TIFF, WEBP, AVIF with a flipped bit", _flip(content, random), allowed=())
        for place in range(4, 60, 7):
            damaged = bytearray(content)
            damaged[place] ^= 255
            yield Case("BMP, TIFF, WEBP, AVIF with a damaged header", bytes(damaged), allowed=())
    gain_map = Image.new("L", (9, 6), 200)
    phone = encoded(photo, "MPO", save_all=True, append_images=[gain_map], quality=95)
    yield Case("a phone's JPEG of several pictures", phone, ".jpg", ("masked",))
    for tenth in (1, 5, 8):
        yield Case("a phone's JPEG, cut off", phone[: len(phone) * tenth // 10], ".jpg")
    pages = encoded(photo, "TIFF", save_all=True, append_images=[photo])
    yield Case("a TIFF of several pictures", pages, ".tif")
    deep = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) << 4)
    yield Case("12-bit data in a 16-bit PNG", encoded(deep, "PNG"))


def bombs() -> Iterator[Case]:
    end = (b"IEND", b"")
    for side in (8001, 20_000, 60_000, 2**31 - 1):
        yield Case("huge dimensions", png_of(header(side, side), (b"IDAT", zlib.compress(bytes(1000))), end))
        yield Case("huge dimensions", png_of(header(side, 8001, 16, 6), (b"IDAT", zlib.compress(bytes(9))), end))
    zeros = zlib.compress(bytes(200_000_000), 9)
    yield Case("decompression bomb", png_of(header(50, 50), (b"IDAT", zeros), end), allowed=("unreadable", "no_face"))
    for name, start in ((b"zTXt", b"Comment\0\0"), (b"iCCP", b"profile\0\0"), (b"iTXt", b"Comment\0\1\0\0\0")):
        pixels = (b"IDAT", zlib.compress(bytes(50 * 151)))
        content = png_of(header(50, 50), (name, start + zeros), pixels, end)
        yield Case("decompression bomb in a text", content, allowed=("unreadable", "no_face"))
    yield Case("PNG without an end", png_of(header(50, 50), (b"IDAT", zlib.compress(bytes(50 * 151)))))
    yield Case("PNG without pixels", png_of(header(50, 50), end))
    yield Case("PNG of no width", png_of(header(0, 50), (b"IDAT", zlib.compress(b"")), end))
    jpeg_size = struct.pack(">BHHBBBBBBBBBB", 8, 65_500, 65_500, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
    yield Case("huge dimensions", b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(jpeg_size)) + jpeg_size + b"\xff\xd9")


def odd_sizes(random: np.random.Generator) -> Iterator[Case]:
    for width, height in ((1, 1), (1, 5000), (5000, 1), (2, 2), (3, 1), (7, 7), (1, 224), (16, 16), (5000, 3)):
        levels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        for image_format, extension in (("PNG", ".png"), ("JPEG", ".jpg")):
            content = encoded(Image.fromarray(levels), image_format)
            yield Case("odd size", content, extension, ("no_face", "low_confidence", "several_faces"))


def no_images(photo: Image.Image, random: np.random.Generator) -> Iterator[Case]:
    yield Case("zero bytes", b"")
    for length in (1, 7, 8, 9, 33, 100, 1000, 4096, 65_536, 1_000_000):
        yield Case("random bytes", random.bytes(length))
        yield Case("random bytes after PNG's signature", SIGNATURE + random.bytes(length))
        yield Case(
            "random bytes after JPEG's beginning", b"\xff\xd8\xff\xe0" + random.bytes(length) + b"\xff\xd9", ".jpg"
        )
        yield Case("zeros", bytes(length))
    for image_format in ("GIF", "PPM", "ICO", "TGA", "JPEG2000", "PDF"):
        yield Case("another format by a wrong name", encoded(photo, image_format))
    for text in (
        b"<html></html>",
        b"#!/bin/sh\ntouch /tmp/owned\n",
        b"PK\x03\x04",
        b"%PDF-1.4",
        b"%!PS-Adobe-3.0 EPSF-3.0",
    ):
        yield Case("no image at all", text)
    frames = [photo, photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    yield Case("animated PNG", encoded(photo, "PNG", save_all=True, append_images=frames[1:], duration=40))
    yield Case("animated PNG", encoded(photo, "PNG", save_all=True, append_images=frames * 2, default_image=True))


def other_forms(photo: Image.Image) -> Iterator[Case]:
    masked = ("masked",)
    alpha = photo.copy()
    alpha.putalpha(200)
    deep = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    palette = photo.quantize(200)
    for name, content in (
        ("grey", encoded(photo.convert("L"), "PNG")),
        ("grey with alpha", encoded(alpha.convert("LA"), "PNG")),
        ("alpha", encoded(alpha, "PNG")),
        ("16 bit", encoded(deep, "PNG")),
        ("palette", encoded(palette, "PNG")),
        ("palette with transparency", encoded(palette, "PNG", transparency=3)),
        ("transparent colour", encoded(photo, "PNG", transparency=(1, 2, 3))),
    ):
        # Few colours, and white holes in the face, may leave it in doubt.
        doubtful = ("masked", "several_faces", "fit_unproven")
        yield Case(name, content, allowed=doubtful if name.startswith("palette") else masked)
    for name, options in (
        ("progressive", {"progressive": True}),
        ("poor", {"quality": 40}),
        ("restart", {"quality": 95}),
    ):
        yield Case(f"{name} JPEG", encoded(photo, "JPEG", **options), ".JPG", masked)
    yield Case("CMYK JPEG", encoded(photo.convert("CMYK"), "JPEG", quality=95), ".jpg", masked)
    yield Case("grey JPEG", encoded(photo.convert("L"), "JPEG", quality=95), ".jpeg", masked)
    yield Case("JPEG named .png", encoded(photo, "JPEG", quality=95), ".png", masked)
    yield Case("PNG named .jpg", encoded(photo, "PNG"), ".jpg", masked)
    yield Case("bytes behind the end", encoded(photo, "PNG") + b"<script>" * 100, ".png", ("masked", "unreadable"))
    yield Case("black and white", encoded(photo.convert("1"), "PNG"), allowed=())


def turned(photo: Image.Image) -> Iterator[Case]:
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield Case("EXIF orientation", encoded(photo, "PNG", exif=exif), ".png", ("masked",))
        yield Case("EXIF orientation", encoded(photo, "JPEG", exif=exif, quality=95), ".jpg", ("masked",))
    for orientation in (0, 9, 65_535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield Case("EXIF orientation that is none", encoded(photo, "JPEG", exif=exif, quality=95), ".jpg", ("masked",))


def with_metadata(photo: Image.Image) -> Iterator[Case]:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "a patient's name")
    text.add_itxt("Location", "48.2N 16.4E", zip=True)
    exif = Image.Exif()
    exif[0x010E], exif[0x0132] = "a patient's name", "2026:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    profile = b"no real profile, a patient's name"
    yield Case("metadata", encoded(photo, "PNG", pnginfo=text, exif=exif, icc_profile=profile), allowed=("masked",))
    jpeg = encoded(photo, "JPEG", exif=exif, icc_profile=profile, comment=b"a patient's name", quality=95)
    yield Case("metadata", jpeg, ".jpg", ("masked",))
    yield Case("EXIF that is none", encoded(photo, "JPEG", exif=b"Exif\0\0" + bytes(40), quality=95), ".jpg", ())


def without_one_face(photo: Image.Image, random: np.random.Generator) -> Iterator[Case]:
    shape = (photo.height, photo.width, 3)
    nobody = ("no_face", "low_confidence")
    for level in (0, 1, 127, 128, 254, 255):
        yield Case("plain", encoded(Image.new("RGB", photo.size, (level, level, level)), "PNG"), allowed=nobody)
    for _ in range(15):
        noise = random.integers(0, 256, shape, dtype=np.uint8)
        yield Case("noise", encoded(Image.fromarray(noise), "PNG"), allowed=(*nobody, "several_faces"))
    levels = np.asarray(photo)
    mirrored = levels[:, ::-1]
    for pair in (np.hstack([levels, mirrored]), np.vstack([levels, mirrored]), np.hstack([levels] * 3)):
        yield Case(
            "several faces", encoded(Image.fromarray(np.ascontiguousarray(pair)), "PNG"), allowed=("several_faces",)
        )
    for share in (0.35, 0.5, 0.65):
        half = levels.copy()
        half[:, int(photo.width * share) :] = 128
        yield Case("half a face", encoded(Image.fromarray(half), "PNG"), allowed=())
