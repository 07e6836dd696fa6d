"""Fingerprints of files."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


def sha256_of_file(path: Path) -> str:
    """SHA-256 of the file's content, hexadecimal, read in pieces. Raises OSError."""
    with path.open("rb") as file:
        return _sha256_of(file)


def sha256_of_regular_file(path: str, *, follow_links: bool = False) -> str:
    """As `sha256_of_file`; a link only if `follow_links`. What is no regular file is an OSError, never waited for."""
    no_link = 0 if follow_links else os.O_NOFOLLOW
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | no_link)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        return _sha256_of(file)


def _sha256_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
