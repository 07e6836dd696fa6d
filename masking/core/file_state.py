"""What a file was when it was read or written, and whether it still is."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass

from masking.core.hashing import sha256_of_regular_file


@dataclass(frozen=True)
class FileState:
    """SHA-256 of a file's content (32 bytes), its size in bytes, its modification time in nanoseconds."""

    sha256: bytes
    size: int
    mtime_ns: int


def status_if_unchanged(
    path: str, recorded: FileState, *, verify: bool = False, follow_links: bool = False
) -> os.stat_result | None:
    """The status of the regular file at `path` where it is the one that was recorded, else None.

    Equal size and time are enough, unless `verify` asks for the content; where only the time has changed, the content
    decides.
    """
    with suppress(OSError):
        status = os.stat(path, follow_symlinks=follow_links)  # noqa: PTH116 - a Path each is slow
        if not stat.S_ISREG(status.st_mode) or status.st_size != recorded.size:
            return None
        if status.st_mtime_ns == recorded.mtime_ns and not verify:
            return status
        if bytes.fromhex(sha256_of_regular_file(path, follow_links=follow_links)) == recorded.sha256:
            return status
    return None
