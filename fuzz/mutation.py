"""Mutations that keep a PNG's checksums right, so that fuzzing gets behind them."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Mutate = Callable[[bytes, int], bytes]


def with_right_checksums(content: bytes) -> bytes:
    """`content` with the checksum of every whole PNG chunk in it corrected; other content as it is."""
    if not content.startswith(SIGNATURE):
        return content
    mended, position = bytearray(content), len(SIGNATURE)
    while position + 12 <= len(mended):
        (length,) = struct.unpack_from(">I", mended, position)
        end = position + 8 + length
        if end + 4 > len(mended):
            break
        struct.pack_into(">I", mended, end, zlib.crc32(mended[position + 4 : end]))
        position = end + 4
    return bytes(mended)


def png_mutator(mutate: Mutate) -> Callable[[bytes, int, int], bytes]:
    """The fuzzer's own `mutate`, with checksums mended three times of four."""

    def mutated(content: bytes, max_size: int, seed: int) -> bytes:
        content = mutate(content, max_size)
        mend = random.Random(seed).random() < 0.75  # noqa: S311 - nothing here is secret
        return with_right_checksums(content)[:max_size] if mend else content

    return mutated
