"""What a file is, recognised by how it begins, in words that are the same in each run."""

from __future__ import annotations

import re

READ = "PNG, JPEG, WEBP, TIFF, BMP and AVIF"
"""The formats that photos are read in, for people."""
AS_PNG = "convert it to PNG"
GIT_LFS = "the placeholder of a file that Git LFS keeps elsewhere"
BEGINNINGS = (
    (b"GIF8", "a GIF", AS_PNG),
    (b"II\x2b\0", "a BigTIFF", AS_PNG),
    (b"MM\0\x2b", "a BigTIFF", AS_PNG),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000", AS_PNG),
    (b"\xff\x4f\xff\x51", "a JPEG 2000", AS_PNG),
    (b"\xff\x0a", "a JPEG XL", AS_PNG),
    (b"\0\0\0\x0cJXL ", "a JPEG XL", AS_PNG),
    (b"8BPS", "a Photoshop file", AS_PNG),
    (b"qoif", "a QOI picture", AS_PNG),
    (b"\0\0\1\0", "an icon (ICO)", AS_PNG),
    (b"DDS ", "a texture (DDS)", AS_PNG),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture", AS_PNG),
    (b"FUJIFILMCCD-RAW", "a camera's raw file", AS_PNG),
    (b"%PDF", "a PDF", "take the picture out of it"),
    (b"PK\3\4", "a ZIP archive, or a document", "unpack it"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\x1aE\xdf\xa3", "a video", "take the frames out of it"),
    (b"bplist00", "an Apple property list, as iCloud leaves for a file that isn't here", "download the photo"),
    (b"version https://git-lfs.github.com/spec/", GIT_LFS, "run `git lfs pull`"),
)
MARKUP = re.compile(rb"\s*(?:<!doctype|<html|<\?xml|<head|<body|<svg|<!--)", re.IGNORECASE)
NETPBM = re.compile(rb"P[1-7fF][\s#]")
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
HEIC_REMEDY = "convert it to PNG, as `heif-convert IN OUT.png` or macOS's `sips -s format png IN --out OUT.png` does"


def format_of(content: bytes) -> str | None:
    """Which of the formats that are read the file's `content` begins as; None where it begins as none of them."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if content[:2] == b"BM" and content[6:10] == bytes(4):
        return "BMP"
    return "AVIF" if _brands(content) & {b"avif", b"avis"} else None


def what_it_is(content: bytes) -> str:
    """What a file that begins as none of the formats that are read is, and what to do about it."""
    what, remedy = _found(content)
    return f"the file is {what}, whatever its name says, but photos must be {READ}: {remedy}"


def _found(content: bytes) -> tuple[str, str]:
    for beginning, what, remedy in BEGINNINGS:
        if content.startswith(beginning):
            return what, remedy
    if brands := _brands(content):
        is_heif = bool(brands & HEIF_BRANDS)
        return ("a HEIC picture", HEIC_REMEDY) if is_heif else ("a video", "take the frames out of it")
    if MARKUP.match(content[:500]):
        return "a web page or other markup", "download the photo again; this may be an error page"
    if NETPBM.match(content):
        return "a Netpbm picture (PPM, PGM)", AS_PNG
    if not any(content):
        return "nothing but zero bytes", "copy or download it again"
    if _is_text(content[:2000]):
        return "text", "read what it says; it may be an error message"
    return "in no known format", "copy or download it again, or convert it to PNG"


def _brands(content: bytes) -> frozenset[bytes]:
    """The brands that a file in ISO's media format (HEIC, AVIF, MP4) names at its beginning."""
    if content[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(content[:4], "big"), 200)
    return frozenset([content[8:12], *(content[start : start + 4] for start in range(16, end - 3, 4))])


def _is_text(beginning: bytes) -> bool:
    try:
        # A character may have been cut in two.
        text = beginning.decode("utf-8", errors="strict" if len(beginning) < 2000 else "ignore")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\r\n\t\f" for character in text)
