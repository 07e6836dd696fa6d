"""The one door through which this project writes, locks and removes files.

The folders that it works in may be shared: whoever can write there can put a link, a FIFO or a device under any name
that a run is going to use. So nothing here opens a file through a link, symbolic or hard; what is written is a new
file, or one that has been checked once it was open; and what is below a folder is reached from an open descriptor
of that folder, one real folder after the other.

`tests/core/test_safe_files.py` finds calls that go past it.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC
# Opening a FIFO would otherwise wait for somebody at its other end.
NO_WAIT = os.O_NONBLOCK | os.O_NOCTTY
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FOR_ALL = 0o666
"""What the user's umask leaves of this is what a file may be."""
PARTIAL_ENDING = ".partial"


class NotOursError(OSError):
    """Under this name there is a link or something else that is not written to, locked or read."""

    def __init__(self, path: str | Path, what: str) -> None:
        super().__init__(errno.ELOOP, f"{what} is there, and is not touched: remove it", str(path))


class Folder:
    """A folder that is held open, so that nobody can put another in its place.

    Names are single ones, without a slash. All methods raise OSError.
    """

    def __init__(self, root: str, below: str = "", *, make: bool = False) -> None:
        """Open `root`/`below`: `root` as the user named it, below it only real folders, which are made if `make`.

        Raises NotOursError where a link, or something that is not a folder, is among them.
        """
        self.path = f"{root}/{below}" if below else root
        self.descriptor = os.open(root, FOLDER)
        try:
            for part in below.split("/") if below else ():
                inner = _open_inner_folder(self.descriptor, part, self.path, make)
                os.close(self.descriptor)
                self.descriptor = inner
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def create(self, name: str, mode: int = FOR_ALL) -> int:
        """A descriptor to write to the new file `name`; what is there under that name is removed."""
        try:
            return os.open(name, NEW_FILE, mode, dir_fd=self.descriptor)
        except FileExistsError:
            os.unlink(name, dir_fd=self.descriptor)
            return os.open(name, NEW_FILE, mode, dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """Remove the file, link or FIFO `name`. Raises FileNotFoundError where there is none."""
        os.unlink(name, dir_fd=self.descriptor)

    def rename(self, name: str, new_name: str) -> None:
        """Give the file `name` another name, in place of what is there.

        By whole paths: were this folder replaced meanwhile, there would be no file `name` in the other one.
        """
        os.replace(f"{self.path}/{name}", f"{self.path}/{new_name}")  # noqa: PTH105 - strings throughout

    def holds(self, name: str) -> bool:
        """Whether there is anything under `name`, be it a link that leads nowhere; not where the name is impossible."""
        try:
            os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL):
                return False
            raise
        return True

    def names(self) -> set[str]:
        """The names of all that is in it."""
        return set(os.listdir(self.descriptor))  # noqa: PTH208 - a descriptor

    def open_file(self, name: str) -> IO[bytes]:
        """The file `name`, for reading. Raises NotOursError where it isn't one."""
        descriptor = os.open(name, os.O_RDONLY | NO_LINK | NO_WAIT, dir_fd=self.descriptor)
        return os.fdopen(_checked(descriptor, f"{self.path}/{name}", links=True), "rb")

    def flush(self) -> None:
        """Make the names in it outlive a power cut."""
        os.fsync(self.descriptor)


def _open_inner_folder(outer: int, name: str, path: str, make: bool) -> int:
    if name in ("", ".", ".."):
        raise NotOursError(path, "a name that leads elsewhere")
    try:
        return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=outer)
    except FileNotFoundError:
        if not make:
            raise
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=outer)
        return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=outer)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise NotOursError(path, "a link, or something that is not a folder,") from error
        raise


def _checked(descriptor: int, path: str | Path, *, links: bool = False) -> int:
    """`descriptor`, where it is a plain file's. links: it may have other names, hard links, too."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NotOursError(path, "something that is not a file")
    if status.st_nlink > 1 and not links:
        os.close(descriptor)
        raise NotOursError(path, "another name of a file that is also elsewhere (a hard link)")
    return descriptor


def _open_existing_or_new(path: str | Path, flags: int) -> int:
    with suppress(FileNotFoundError):
        # Some devices do something as soon as they are opened.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise NotOursError(path, "a link, or something that is not a file,")
    try:
        return _checked(os.open(path, flags | NO_LINK | NO_WAIT, FOR_ALL), path)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO) and not isinstance(error, NotOursError):
            raise NotOursError(path, "a link, or something that is not a file,") from error
        raise


def open_to_append(path: Path) -> IO[str]:
    """The file `path`, made if missing, for text at its end. Raises OSError; NotOursError where it is a link."""
    descriptor = _open_existing_or_new(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def open_to_lock(path: str, *, make: bool = True) -> int:
    """A descriptor of the file `path`, made if missing and `make`; for reading only where it is another user's.

    Raises OSError; NotOursError where it is a link or such.
    """
    try:
        return _open_existing_or_new(path, os.O_RDWR | (os.O_CREAT if make else 0))
    except PermissionError:
        return _open_existing_or_new(path, os.O_RDONLY)


def open_folder_to_lock(path: str | Path) -> int:
    """A descriptor of the folder `path`. Raises OSError."""
    return os.open(path, FOLDER)


def open_photo_to_lock(path: str, access: int) -> int:
    """A descriptor of the photo `path`, O_RDONLY or O_RDWR; it is only locked. Raises OSError."""
    return os.open(path, access | NO_WAIT | os.O_CLOEXEC)


def rewrite(descriptor: int, text: str) -> None:
    """Make `text` all that the open file holds. Raises OSError."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The content of the file `path`. Raises OSError; NotOursError where it is a link, or larger than `max_bytes`."""
    descriptor = _checked(os.open(path, os.O_RDONLY | NO_LINK | NO_WAIT), path, links=True)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise NotOursError(path, f"a file of more than {max_bytes:,} bytes")
    return content


def open_to_read(path: Path) -> IO[str]:
    """The text file `path`; bytes that are not UTF-8 are kept. Raises OSError; NotOursError where it is a link."""
    descriptor = _checked(os.open(path, os.O_RDONLY | NO_LINK | NO_WAIT), path, links=True)
    return os.fdopen(descriptor, newline="", encoding="utf-8", errors="surrogateescape")


def open_to_map(path: Path) -> int:
    """A descriptor of the file `path`, to read or map it. Raises OSError; NotOursError where it is a link or such."""
    return _checked(os.open(path, os.O_RDONLY | NO_LINK | NO_WAIT), path, links=True)


class WholeFile:
    """A text file that gets the name `path` when it is kept; until then it is `path`.partial.

    A file name that is not valid UTF-8 keeps its bytes in it. All methods raise OSError.
    """

    def __init__(self, path: Path, *, mode: int = FOR_ALL, newline: str | None = None) -> None:
        self.path, self.partial = path, partial_of(path)
        self._folder = Folder(str(path.parent))
        try:
            descriptor = self._folder.create(self.partial.name, mode)
        except BaseException:
            self._folder.close()
            raise
        self.file = os.fdopen(descriptor, "w", newline=newline, encoding="utf-8", errors="surrogateescape")

    def keep(self) -> None:
        """Give the file its name."""
        try:
            self.file.close()
            self._folder.rename(self.partial.name, self.path.name)
        finally:
            self._folder.close()

    def discard(self) -> None:
        """Remove what has been written."""
        try:
            self.file.close()
        finally:
            with suppress(FileNotFoundError):
                self._folder.remove(self.partial.name)
            self._folder.close()


@contextmanager
def whole_file(path: Path, *, mode: int = FOR_ALL, newline: str | None = None) -> Iterator[IO[str]]:
    """A text file that gets the name `path` when the block ends well, and is gone when it doesn't. Raises OSError."""
    whole = WholeFile(path, mode=mode, newline=newline)
    try:
        yield whole.file
    except BaseException:
        with suppress(OSError):
            whole.discard()
        raise
    whole.keep()


def write_whole(path: Path, text: str) -> None:
    """Write the text file `path` whole or not at all. Raises OSError."""
    with whole_file(path) as file:
        file.write(text)


def partial_of(path: Path) -> Path:
    """The name under which `path` is written."""
    return path.with_name(path.name + PARTIAL_ENDING)


def remove(path: str | Path) -> None:
    """Remove the file or link `path` where there is one. Raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - a link is removed, not followed


def rename(path: Path, new_path: Path) -> None:
    """Give the file or link `path` another name in place of what is there. Raises OSError."""
    os.replace(path, new_path)  # noqa: PTH105


def copy_file(source: Path, target: Path) -> None:
    """Copy the file `source`, where there is one. Raises OSError; NotOursError where it is a link or such."""
    try:
        descriptor = _checked(os.open(source, os.O_RDONLY | NO_LINK | NO_WAIT), source)
    except FileNotFoundError:
        return
    with (
        os.fdopen(descriptor, "rb") as original,
        Folder(str(target.parent)) as folder,
        os.fdopen(folder.create(target.name), "wb") as copy,
    ):
        shutil.copyfileobj(original, copy)


def check_plain_or_missing(path: Path) -> None:
    """Raise NotOursError where `path` is there and no plain file of one name only."""
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            raise NotOursError(path, "a link, or something that is not a file,")
        if status.st_nlink > 1:
            raise NotOursError(path, "another name of a file that is also elsewhere (a hard link)")


def occupy_standard_streams() -> None:
    """Have the descriptors 0 to 2 lead nowhere where the process was started without them: the next file that is
    opened would get such a number, and what is printed would go into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # noqa: PERF203 - three
            open_null_device()


def open_null_device() -> int:
    """A descriptor from which nothing comes, and in which everything is lost."""
    return os.open(os.devnull, os.O_RDWR)


def make_folders(path: Path, *, mode: int = 0o777) -> None:
    """Make the folder `path`, which the user has named, and those above it, where they are missing. Raises OSError."""
    path.mkdir(mode, parents=True, exist_ok=True)


def make_private_folder(path: Path) -> None:
    """Make the folder `path`, which nobody but this user can look into. Raises OSError; NotOursError where it is there
    already and others may, or it is a link.
    """
    make_folders(path.parent)
    with suppress(FileExistsError):
        path.mkdir(0o700)
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise NotOursError(path, "a folder that others can look into, or that is not yours,")


def unnamed_binary_file() -> IO[bytes]:
    """A temporary file that has no name and goes when it is closed."""
    return tempfile.TemporaryFile()


def unnamed_file() -> IO[str]:
    """A temporary text file, in ASCII, that has no name and goes when it is closed."""
    return tempfile.TemporaryFile("w+", encoding="ascii")


@contextmanager
def whole_binary_file(path: Path, *, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """A file that gets the name `path` when the block ends well, is on the disk by then, and is gone when it doesn't.

    Several processes may write the same one: each has a name of its own until then. Raises OSError.
    """
    with Folder(str(path.parent)) as folder:
        name = f"{path.name}.{secrets.token_hex(8)}{PARTIAL_ENDING}"
        descriptor = folder.create(name, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            folder.rename(name, path.name)
        except BaseException:
            with suppress(OSError):
                folder.remove(name)
            raise


@contextmanager
def temporary_folder(prefix: str, parent: str | None = None) -> Iterator[Path]:
    """A folder that no other user can look into, in `parent` or where temporary files go; it goes with the block."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as folder:
        _temporary_folders.add(folder)
        try:
            yield Path(folder)
        finally:
            _temporary_folders.discard(folder)


_temporary_folders: set[str] = set()


def remove_temporary_folders() -> None:
    """Remove all of this process's temporary folders, which is about to end."""
    for folder in list(_temporary_folders):
        shutil.rmtree(folder, ignore_errors=True)
