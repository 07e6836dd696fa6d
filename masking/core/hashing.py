"""Fingerprints of files."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


SETTLED_SECONDS = 1.0
"""A file that was changed less long ago might be changed again without its times showing it."""
_Identity = tuple[int, int, int, int, int]
_ahead: dict[_Identity, Future[tuple[_Identity, str]]] = {}


def hash_ahead(paths: Iterable[Path]) -> None:
    """Begin to hash the files `paths`, those that are there, in threads; whoever asks for one later need not wait as
    long. A file that is another by then, or has been written to, is hashed again.
    """
    pool = ThreadPoolExecutor(thread_name_prefix="hashing")
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            identity, is_settled = _identity(status), time.time() - status.st_ctime > SETTLED_SECONDS
            if stat.S_ISREG(status.st_mode) and is_settled and identity not in _ahead:
                _ahead[identity] = pool.submit(_hash_whole, path)
    pool.shutdown(wait=False)


def sha256_of_file(path: Path) -> str:
    """SHA-256 of the file's content, hexadecimal, read in pieces. Raises OSError."""
    with path.open("rb") as file:
        return sha256_of_descriptor(file.fileno())


def sha256_of_descriptor(descriptor: int) -> str:
    """SHA-256 of the open file's content, hexadecimal, read in pieces from its beginning. Raises OSError."""
    identity = _identity(os.fstat(descriptor))
    if identity in _ahead:
        with suppress(OSError):
            unchanged, digest = _ahead[identity].result()
            if unchanged == identity:
                return digest
    return _sha256_of_whole(descriptor)


def sha256_of_regular_file(path: str, *, follow_links: bool = False) -> str:
    """As `sha256_of_file`; a link only if `follow_links`. Anything but a regular file is an OSError, not waited for."""
    no_link = 0 if follow_links else os.O_NOFOLLOW
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | no_link)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        return _sha256_of(file)


def _hash_whole(path: Path) -> tuple[_Identity, str]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        digest = _sha256_of_whole(descriptor)
        return _identity(os.fstat(descriptor)), digest
    finally:
        os.close(descriptor)


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _sha256_of_whole(descriptor: int) -> str:
    digest, position = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, CHUNK_BYTES, position):
        digest.update(chunk)
        position += len(chunk)
    return digest.hexdigest()


def _sha256_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
