"""Is a PNG file nothing but its picture? Whatever a viewer doesn't show may hold anything, a photo for one."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ALLOWED_CHUNKS = (b"IHDR", b"IDAT", b"IEND")
EIGHT_BIT_RGB = bytes([8, 2, 0, 0, 0])
"""Bit depth 8, colour type RGB, deflate, the usual filters, no interlacing."""
FILTERS = range(5)


def png_faults(content: bytes) -> Iterator[str]:
    """What in the file's `content` is not the picture of an 8-bit RGB PNG, plain and once."""
    if not content.startswith(SIGNATURE):
        yield "is not a PNG, so not an 8-bit RGB PNG"
        return
    chunks, rest = _chunks(content)
    if rest is None:
        yield "is damaged: its chunks don't follow one another to its end, or a checksum is wrong"
        return
    names = [name for name, _ in chunks]
    carried = [name.decode("latin-1") for name in names if name not in ALLOWED_CHUNKS]
    if carried:
        texts = [_keyword(name, data) for name, data in chunks if name in (b"tEXt", b"zTXt", b"iTXt")]
        yield f"carries more than pixels: {', '.join([*texts, *sorted(set(carried))])}"
    if rest:
        yield f"carries more than pixels: {len(rest):,} bytes after its end"
    plain = [name for name in names if name in ALLOWED_CHUNKS]
    if plain[:1] != [b"IHDR"] or plain[-1:] != [b"IEND"] or set(plain[1:-1]) != {b"IDAT"}:
        yield "has duplicate chunks, or chunks in an order that no encoder uses"
        return
    yield from _stream_faults(chunks)


def _chunks(content: bytes) -> tuple[list[tuple[bytes, bytes]], bytes | None]:
    """The chunks up to IEND, and what comes behind; None where a chunk isn't whole."""
    found: list[tuple[bytes, bytes]] = []
    position = len(SIGNATURE)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        name, data = content[position + 4 : position + 8], content[position + 8 : position + 8 + length]
        end = position + 12 + length
        if end > len(content) or zlib.crc32(name + data) != struct.unpack_from(">I", content, end - 4)[0]:
            return found, None
        found.append((name, data))
        position = end
        if name == b"IEND":
            if data:
                return found, data + content[position:]
            return found, content[position:]
    return found, None


def _keyword(name: bytes, data: bytes) -> str:
    return data.partition(b"\0")[0].decode("latin-1")


def _stream_faults(chunks: list[tuple[bytes, bytes]]) -> Iterator[str]:
    header = chunks[0][1]
    if len(header) != 13 or header[8:] != EIGHT_BIT_RGB:
        yield "is not an 8-bit RGB PNG without interlacing"
        return
    width, height = struct.unpack(">II", header[:8])
    row = 1 + 3 * width
    stream = zlib.decompressobj()
    packed = b"".join(data for name, data in chunks if name == b"IDAT")
    try:
        pixels = stream.decompress(packed, row * height + 1)
    except zlib.error:
        yield "is damaged: its pixels can't be unpacked"
        return
    if len(pixels) != row * height or not stream.eof:
        yield "holds more pixels than it shows, or fewer"
    elif stream.unused_data:
        yield f"carries more than pixels: {len(stream.unused_data):,} bytes after the pixels"
    elif any(kind not in FILTERS for kind in pixels[::row]):
        yield "uses filters that don't exist"
