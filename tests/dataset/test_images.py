"""Photos are read whole and right, or refused; PNGs hold pixels only."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from masking.core.errors import UnreadableImageError
from masking.dataset.images import decode_image, read_image
from masking.dataset.png import encode_png

MEGAPIXELS = 64.0


def file_of(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (24, 36, 3), dtype=np.uint8)


def test_rgb_comes_back_as_it_was(photo: np.ndarray) -> None:
    assert np.array_equal(decode_image(file_of(Image.fromarray(photo)), MEGAPIXELS), photo)


def test_a_jpeg_is_recognised_by_its_content_not_its_name(photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "x_prep.png"
    path.write_bytes(file_of(Image.fromarray(photo), "JPEG", quality=100, subsampling=0))
    assert np.abs(read_image(path, MEGAPIXELS).astype(int) - photo).max() < 20


def test_grey_becomes_three_equal_channels(photo: np.ndarray) -> None:
    grey = photo[:, :, 0]
    assert np.array_equal(decode_image(file_of(Image.fromarray(grey)), MEGAPIXELS), np.dstack([grey] * 3))


def test_16_bit_grey_keeps_its_upper_8_bits(photo: np.ndarray) -> None:
    deep = photo[:, :, 0].astype(np.uint16) * 256 + photo[:, :, 1]
    assert np.array_equal(decode_image(file_of(Image.fromarray(deep)), MEGAPIXELS), np.dstack([photo[:, :, 0]] * 3))


def test_16_bit_rgb_keeps_its_upper_8_bits(photo: np.ndarray) -> None:
    rows = photo.astype(">u2") * 256 + 77
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 36, 24, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    assert np.array_equal(decode_image(b"\x89PNG\r\n\x1a\n" + b"".join(chunks), MEGAPIXELS), photo)


def test_transparency_is_laid_over_white(photo: np.ndarray) -> None:
    alpha = np.zeros((24, 36, 1), np.uint8)
    alpha[:12] = 255
    read = decode_image(file_of(Image.fromarray(np.dstack([photo, alpha]))), MEGAPIXELS)
    assert np.array_equal(read[:12], photo[:12])
    assert (read[12:] == 255).all()


def test_a_palettes_transparent_colour_is_laid_over_white() -> None:
    image = Image.new("P", (4, 2), 1)
    image.putpalette([0, 0, 0, 200, 10, 20])
    image.putpixel((0, 0), 0)
    read = decode_image(file_of(image, transparency=0), MEGAPIXELS)
    assert read[0, 0].tolist() == [255, 255, 255]
    assert read[1, 1].tolist() == [200, 10, 20]


def test_cmyk_becomes_rgb() -> None:
    read = decode_image(file_of(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"), MEGAPIXELS)
    assert read.shape == (8, 8, 3)
    assert read[4, 4, 0] > 200
    assert read[4, 4, 1:].max() < 60


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_orientation_is_applied(orientation: int, image_format: str) -> None:
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:8, :16] = 255
    undo = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.swapaxes(0, 1),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p.swapaxes(0, 1), 2),
        8: lambda p: np.rot90(p, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](picture)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {} if image_format == "TIFF" else {"quality": 100}
    read = decode_image(file_of(stored, image_format, exif=exif, **options), MEGAPIXELS)
    assert np.abs(read.astype(int) - picture).mean() < 4


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF"])
def test_a_file_cut_anywhere_is_refused(photo: np.ndarray, image_format: str) -> None:
    content = file_of(Image.fromarray(photo), image_format)
    for length in range(0, len(content), max(1, len(content) // 60)):
        with pytest.raises(UnreadableImageError):
            decode_image(content[:length], MEGAPIXELS)
    with pytest.raises(UnreadableImageError):
        decode_image(content[:-2], MEGAPIXELS)


@pytest.mark.parametrize("image_format", ["RGB", "P"])
def test_a_png_with_any_damaged_byte_is_refused(photo: np.ndarray, image_format: str) -> None:
    """Every chunk has a checksum, the one behind the pixels too."""
    comment = PngInfo()
    comment.add(b"teSt", b"behind the pixels", after_idat=True)
    content = file_of(Image.fromarray(photo).convert(image_format), pnginfo=comment)
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 255
        with pytest.raises(UnreadableImageError):
            decode_image(bytes(damaged), MEGAPIXELS)


@pytest.mark.parametrize(
    ("image_format", "options", "most"),
    [("BMP", {}, 0), ("TIFF", {}, 0), ("WEBP", {"lossless": True}, 0),
     ("AVIF", {"quality": 100, "subsampling": "4:4:4"}, 20)],
)  # fmt: skip
def test_formats_that_pillow_reads_well_are_read(
    photo: np.ndarray, image_format: str, options: dict[str, object], most: int
) -> None:
    read = decode_image(file_of(Image.fromarray(photo), image_format, **options), MEGAPIXELS)
    assert np.abs(read.astype(int) - photo).max() <= most


def test_of_a_phones_jpeg_with_several_pictures_the_first_is_read(photo: np.ndarray) -> None:
    """Ultra HDR's gain map, a second lens, a thumbnail: what comes behind the photo that every viewer shows."""
    first, gain_map = Image.fromarray(photo), Image.new("L", (9, 6), 200)
    content = file_of(first, "MPO", save_all=True, append_images=[gain_map], quality=100, subsampling=0)
    assert content.count(b"\xff\xd8\xff") == 2
    alone = file_of(first, "JPEG", quality=100, subsampling=0)
    assert np.array_equal(decode_image(content, MEGAPIXELS), decode_image(alone, MEGAPIXELS))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(90)
NO_PHOTOS = {
    "a HEIC picture": HEIC,
    "a web page or other markup": b"<!DOCTYPE html>\n<html>404 not found</html>",
    "that Git LFS keeps elsewhere": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "a PDF": b"%PDF-1.7 ",
    "a video": b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + bytes(90),
    "text": "Fehler: Zugriff verweigert, Größe unbekannt".encode(),
    "nothing but zero bytes": bytes(500),
    "in no known format": bytes(range(128, 256)),
}


@pytest.mark.parametrize("what", NO_PHOTOS)
def test_what_is_not_a_photo_is_named_for_what_it_is_in_the_same_words_each_time(what: str) -> None:
    said = []
    for _ in range(2):
        with pytest.raises(UnreadableImageError, match=f"the file is.*{what}") as caught:
            decode_image(NO_PHOTOS[what], MEGAPIXELS)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert " at 0x" not in said[0]


@pytest.mark.parametrize("image_format", ["GIF", "PPM", "ICO", "JPEG2000"])
def test_other_formats_are_refused_by_name_with_what_to_do(photo: np.ndarray, image_format: str) -> None:
    with pytest.raises(UnreadableImageError, match="convert it to PNG"):
        decode_image(file_of(Image.fromarray(photo), image_format), MEGAPIXELS)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_16_bit_numbers_that_hold_10_or_12_bit_data_are_distinguished(
    photo: np.ndarray, bits: int, image_format: str
) -> None:
    """Their upper 8 bits would be black, and a photo without a face."""
    raw = (photo[:, :, 0].astype(np.uint16) + 1) << (bits - 8) >> 1
    with pytest.raises(UnreadableImageError, match=r"16-bit picture without a value above.*10- or 12-bit"):
        decode_image(file_of(Image.fromarray(raw), image_format), MEGAPIXELS)
    assert not decode_image(file_of(Image.fromarray(raw * 0), image_format), MEGAPIXELS).any()


def test_a_compressed_tiff_is_refused_without_a_word_of_libtiffs(
    photo: np.ndarray, capfd: pytest.CaptureFixture[str]
) -> None:
    content = file_of(Image.fromarray(photo), "TIFF", compression="tiff_lzw")
    for damaged in (content, content[:40] + bytes(9) + content[49:]):
        with pytest.raises(UnreadableImageError, match="a compressed TIFF: save it without compression"):
            decode_image(damaged, MEGAPIXELS)
    assert capfd.readouterr().err == ""


def test_32_bit_numbers_are_refused() -> None:
    with pytest.raises(UnreadableImageError, match="32-bit numbers"):
        decode_image(file_of(Image.new("F", (8, 8), 0.5), "TIFF"), MEGAPIXELS)


@pytest.mark.parametrize(
    ("image_format", "said"), [("TIFF", "several pictures"), ("WEBP", "animation"), ("AVIF", "anim")]
)
def test_several_pictures_in_other_formats_are_refused(photo: np.ndarray, image_format: str, said: str) -> None:
    content = file_of(Image.fromarray(photo), image_format, save_all=True, append_images=[Image.fromarray(255 - photo)])
    with pytest.raises(UnreadableImageError, match=said):
        decode_image(content, MEGAPIXELS)


def test_an_animation_is_refused(photo: np.ndarray) -> None:
    frames = [Image.fromarray(photo), Image.fromarray(255 - photo)]
    content = file_of(frames[0], save_all=True, append_images=frames[1:], duration=50)
    with pytest.raises(UnreadableImageError, match="animation"):
        decode_image(content, MEGAPIXELS)


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_more_pixels_than_allowed_are_refused_before_they_are_decoded(side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    chunks = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    with pytest.raises(
        UnreadableImageError, match=r"pixels.* more than MAX_MEGAPIXELS|more pixels than MAX_MEGAPIXELS"
    ):
        decode_image(b"\x89PNG\r\n\x1a\n" + b"".join(chunks), MEGAPIXELS)


def test_a_file_longer_than_any_allowed_image_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x_prep.png"
    with path.open("wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(UnreadableImageError, match="10,000,000 bytes"):
        read_image(path, 0.5)


def test_empty_missing_and_irregular_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "fifo")
    for name, reason in (
        ("empty", "empty"),
        ("fifo", "not a regular file"),
        ("none", "No such file"),
        (".", "directory"),
    ):
        with pytest.raises(UnreadableImageError, match=reason):
            read_image(tmp_path / name, MEGAPIXELS)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(UnreadableImageError):
        decode_image(b"\x89PNG\r\n\x1a\n" + content, MEGAPIXELS)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))))
def test_what_is_written_is_read_back_to_the_bit(picture: np.ndarray) -> None:
    assert np.array_equal(decode_image(encode_png(picture), MEGAPIXELS), picture)


def test_a_written_png_holds_nothing_but_pixels(photo: np.ndarray) -> None:
    content = encode_png(photo)
    assert content == encode_png(photo.copy())
    with Image.open(io.BytesIO(content)) as image:
        assert (image.mode, image.size, image.info) == ("RGB", (36, 24), {})
