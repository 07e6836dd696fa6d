"""What is made once of a checkpoint and kept for later starts.

A kept file's name holds its kind, the beginning of its key, which changes with all that it was made from and by, and
the SHA-256 of its own content: `.ring_6_68641.litert-<key>-<content>.tflite`. One whose content is not what its name
says is not used. It lies beside the checkpoint or, where that folder can't be written to, in a folder of the user's
own. It is trusted as far as the checkpoint is: not where it was put by somebody who could not have exchanged that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from masking.core.hashing import CHUNK_BYTES, sha256_of_descriptor
from masking.core.keeping import may_keep
from masking.core.safe_files import PARTIAL_ENDING, make_folders, open_to_map, remove, whole_binary_file
from masking.reconstruction.ringnet.checkpoint import CHECKPOINT_NAME, CheckpointFiles

MAX_BYTES = 1 << 31
READ_ONLY = 0o444
"""What is mapped by many processes is replaced, and never written to."""
_KEY_DIGITS = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """Files of one purpose: the middle and the end of their names."""

    name: str
    ending: str

    def beginning(self, key: str = "") -> str:
        """How the names of this kind begin, or of those with this key."""
        return f".{CHECKPOINT_NAME}.{self.name}-" + (f"{key[:_KEY_DIGITS]}-" if key else "")

    def file_name(self, key: str, sha256: str) -> str:
        """The name of the file with this key and content."""
        return self.beginning(key) + sha256 + self.ending


class OpenFile:
    """A file that is held open, so that nobody can put another in its place."""

    def __init__(self, descriptor: int, path: Path | None = None) -> None:
        self.descriptor, self.path = descriptor, path

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it. What has been mapped stays mapped."""
        os.close(self.descriptor)

    @property
    def map_path(self) -> str:
        """A path under which this very file can be opened as long as it is held."""
        return path_of_descriptor(self.descriptor)


def path_of_descriptor(descriptor: int) -> str:
    """A path of a file that this process holds open, whatever its name, if it still has one."""
    return f"/dev/fd/{descriptor}"


def folders_for(files: CheckpointFiles) -> list[Path]:
    """Where files made of this checkpoint are kept: beside it, else in the user's own cache folder."""
    beside = files.kept_in.absolute()
    own = os.environ.get("XDG_CACHE_HOME", "")
    with suppress(RuntimeError):
        home = Path(own) if Path(own).is_absolute() else Path.home() / ".cache"
        folder_key = hashlib.sha256(os.fsencode(os.path.realpath(beside))).hexdigest()[:_KEY_DIGITS]
        return [beside, home / "batch-face-masking" / folder_key]
    return [beside]


def kept_files(folders: list[Path]) -> list[Path]:
    """All plain files that are kept in `folders`, sound or not."""
    found = _candidates(folders, f".{CHECKPOINT_NAME}.")
    return [path for path in found if path.suffix != PARTIAL_ENDING and path.is_file() and not path.is_symlink()]


def can_keep(folders: list[Path]) -> bool:
    """Whether one of `folders` can probably be written to; the user's own is made if it is missing."""
    if not may_keep():
        return False
    return any(_is_writable(folder) for folder in folders[:1]) or any(_own_folder(folder) for folder in folders[1:])


def open_kept(folders: list[Path], kind: Kind, key: str) -> OpenFile | None:
    """The file of this kind and key, looked through and held open, or None where there is no sound one."""
    problems = []
    for path in _candidates(folders, kind.beginning(key), kind.ending):
        found = _open_sound(path, kind, key)
        if isinstance(found, OpenFile):
            return found
        problems.append(f"{path} {found}")
    for problem in problems:
        logger.warning("%s; it is made again", problem)
    return None


def _open_sound(path: Path, kind: Kind, key: str) -> OpenFile | str:
    try:
        descriptor = open_to_map(path)
    except OSError as error:
        return f"can't be opened: {error.strerror}"
    try:
        problem = _distrust(descriptor, path) or _damage(descriptor, path, kind, key)
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    if problem:
        os.close(descriptor)
        return problem
    return OpenFile(descriptor, path)


def keep(folders: list[Path], kind: Kind, key: str, source: int) -> Path | None:
    """Keep what the open file `source` holds, whole or not at all, in place of those of the same kind and other keys.

    None where it can't be kept, which only costs the next start its time.
    """
    if not may_keep():
        return None
    name = kind.file_name(key, sha256_of_descriptor(source))
    for number, folder in enumerate(folders):
        try:
            if number and not _own_folder(folder):
                continue
            _write(folder / name, source)
            for path in _candidates([folder], kind.beginning(), kind.ending):
                if path.name != name:
                    remove(path)
        except OSError as error:
            logger.info("%s is not kept in %s: %s", name, folder, error.strerror)
        else:
            return folder / name
    return None


def remove_partial_files(folders: list[Path]) -> None:
    """Remove what processes that were killed have left half-written. Only where nobody else is writing."""
    for path in _candidates(folders, f".{CHECKPOINT_NAME}.", PARTIAL_ENDING):
        with suppress(OSError):
            remove(path)


def _candidates(folders: list[Path], beginning: str, ending: str = "") -> Iterator[Path]:
    for folder in folders:
        with suppress(OSError):
            for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names
                if name.startswith(beginning) and name.endswith(ending):
                    yield folder / name


def _write(path: Path, source: int) -> None:
    with whole_binary_file(path, mode=READ_ONLY) as file:
        position = 0
        while chunk := os.pread(source, CHUNK_BYTES, position):
            file.write(chunk)
            position += len(chunk)


def _distrust(descriptor: int, path: Path) -> str:
    status, folder = os.fstat(descriptor), path.parent.stat()
    if status.st_mode & stat.S_IWOTH:
        return "can be written to by everybody"
    # In a folder without the sticky bit whoever could put it there could also exchange the checkpoint.
    owners = {0, os.geteuid(), folder.st_uid}
    if folder.st_mode & stat.S_ISVTX and status.st_uid not in owners:
        return "belongs to another user"
    return ""


def _damage(descriptor: int, path: Path, kind: Kind, key: str) -> str:
    if os.fstat(descriptor).st_size > MAX_BYTES:
        return f"is larger than {MAX_BYTES:,} bytes"
    if path.name != kind.file_name(key, sha256_of_descriptor(descriptor)):
        return "is damaged or foreign"
    return ""


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _own_folder(folder: Path) -> bool:
    """Whether `folder` is, or now becomes, one that no other user can write to."""
    try:
        make_folders(folder, mode=0o700)
        status = folder.lstat()
    except OSError:
        return False
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return is_own and not status.st_mode & (stat.S_IWOTH | stat.S_IWGRP) and _is_writable(folder)
