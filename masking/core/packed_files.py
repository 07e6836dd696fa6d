"""Reading what is in a zip archive or a bz2 file, without ever holding more than was agreed."""

from __future__ import annotations

import bz2
import errno
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from masking.core.hashing import CHUNK_BYTES

MAX_INDEX_BYTES = 1 << 20
"""An archive's table of contents beyond this is not read."""
_END_OF_INDEX, _LONGEST_COMMENT = b"PK\5\6", 65_535
_ZIP64_LOCATOR = b"PK\6\7"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
"""LZMA may ask for any amount of memory before its first byte."""
_ENCRYPTED = 0x1


class PackedFileError(ValueError):
    """A packed file is damaged, encrypted, or larger than may be read. The message continues a sentence."""


def zip_members(path: Path) -> list[str]:
    """The names of the files in the archive `path`. Raises PackedFileError, OSError."""
    _check_index(path)
    with _as_packed_file_error(), zipfile.ZipFile(path) as archive:
        return [member.filename for member in archive.infolist() if not member.is_dir()]


@contextmanager
def open_zip_member(path: Path, name: str, max_bytes: int) -> Iterator[IO[bytes]]:
    """The file `name` in the archive `path`, to read `max_bytes` of at most. Raises PackedFileError, OSError."""
    _check_index(path)
    with _as_packed_file_error(), zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
        if member.flag_bits & _ENCRYPTED:
            raise PackedFileError(f"holds {name} encrypted: unpack it, with its password, yourself")
        if member.compress_type not in _METHODS:
            raise PackedFileError(f"holds {name} packed in a way that is not read here: unpack it yourself")
        if member.file_size > max_bytes:
            raise PackedFileError(f"holds {name} of {member.file_size:,} bytes, more than the {max_bytes:,} to be read")
        with archive.open(member) as file:
            yield file


@contextmanager
def open_bz2(path: Path) -> Iterator[IO[bytes]]:
    """The content of the bz2 file `path`. Raises PackedFileError, OSError."""
    with _as_packed_file_error(), path.open("rb") as packed, bz2.BZ2File(packed) as file:
        yield file


def read_bounded(file: IO[bytes], max_bytes: int) -> bytes:
    """All of `file`. Raises PackedFileError where it goes on after `max_bytes`."""
    content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise PackedFileError(f"unpacks to more than the {max_bytes:,} bytes that are read")
    return content


def copy_bounded(source: IO[bytes], target: IO[bytes], max_bytes: int) -> None:
    """Copy all of `source` into `target`. Raises PackedFileError where it goes on after `max_bytes`."""
    for chunk in _chunks(source, max_bytes):
        target.write(chunk)


def sha256_at_most(source: IO[bytes], max_bytes: int) -> str:
    """SHA-256, hexadecimal, of all of `source`. Raises PackedFileError where it goes on after `max_bytes`."""
    digest = hashlib.sha256()
    for chunk in _chunks(source, max_bytes):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(source: IO[bytes], max_bytes: int) -> Iterator[bytes]:
    left = max_bytes
    while chunk := source.read(CHUNK_BYTES):
        left -= len(chunk)
        if left < 0:
            raise PackedFileError(f"unpacks to more than the {max_bytes:,} bytes that are read")
        yield chunk


@contextmanager
def _as_packed_file_error() -> Iterator[None]:
    try:
        yield
    except PackedFileError:
        raise
    except KeyError as error:
        raise PackedFileError(f"holds no {error}") from error
    except (
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise PackedFileError("is damaged or cut off") from error
    except OSError as error:
        # bz2 reports damage as an OSError without a number; positions that make no sense end in this number.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise PackedFileError("is damaged, or not what its name says") from error


def _check_index(path: Path) -> None:
    """Raise PackedFileError where the archive's table of contents is larger than any that is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _LONGEST_COMMENT - 22))
        tail = file.read(_LONGEST_COMMENT + 22)
    position = tail.rfind(_END_OF_INDEX)
    if position < 0 or len(tail) < position + 22:
        raise PackedFileError("is not a zip archive, or a damaged one")
    (index_bytes,) = struct.unpack_from("<I", tail, position + 12)
    if index_bytes > MAX_INDEX_BYTES or tail[max(0, position - 20) : position].startswith(_ZIP64_LOCATOR):
        raise PackedFileError("is too large an archive to search: unpack it yourself")
