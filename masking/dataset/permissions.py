"""Who may read what shows a photo: nobody who could not read the photo itself."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

READ_AND_WRITE = 0o666
GROUP_AND_OTHERS = 0o066
GROUP = 0o060


@dataclass(frozen=True)
class Readers:
    """Who may read a photo. mode: of READ_AND_WRITE what its readers are allowed. group: the group that `mode` means;
    None where files may be of different groups.
    """

    mode: int
    group: int | None

    def joined(self, other: Readers) -> Readers:
        """Those who may read both."""
        if EVERYBODY in (self, other):
            return other if self == EVERYBODY else self
        mode = self.mode & other.mode
        return Readers(mode, self.group) if self.group == other.group else Readers(mode & ~GROUP, None)

    def limit(self, descriptor: int) -> None:
        """Let nobody else read the new file, which was made with `mode`. Raises OSError."""
        if self == EVERYBODY:
            return
        status = os.fstat(descriptor)
        if status.st_mode & GROUP and status.st_gid != self.group:
            if self.group is not None:
                with suppress(PermissionError):
                    os.fchown(descriptor, -1, self.group)
                    return
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & ~GROUP)


EVERYBODY = Readers(READ_AND_WRITE, None)
NOBODY_ELSE = Readers(0o600, None)


def readers_of(photo: os.stat_result) -> Readers:
    """Who may read a photo of this status, for whom all folders are open."""
    readable = 0o600 | (0o060 if photo.st_mode & stat.S_IRGRP else 0) | (0o006 if photo.st_mode & stat.S_IROTH else 0)
    return Readers(readable, photo.st_gid)


def readers_within(folder: str, readers: Readers) -> Readers:
    """Those of `readers` for whom `folder` and all above it are open. Raises OSError."""
    mode = readers.mode
    folder = os.path.realpath(folder)
    while True:
        status = os.stat(folder)  # noqa: PTH116 - strings, as all of publishing
        others_enter = bool(status.st_mode & stat.S_IXOTH)
        group_enters = bool(status.st_mode & stat.S_IXGRP) if status.st_gid == readers.group else others_enter
        mode &= 0o600 | (0o060 if group_enters else 0) | (0o006 if others_enter else 0)
        parent = os.path.dirname(folder)  # noqa: PTH120
        if parent == folder:
            return Readers(mode, readers.group)
        folder = parent


def readers_of_file(path: Path) -> Readers:
    """Who may read the photo `path`, and enter its folders; nobody but this user where that can't be determined."""
    try:
        return readers_within(str(path.parent), readers_of(path.stat()))
    except OSError:
        return NOBODY_ELSE
