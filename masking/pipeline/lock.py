"""One run at a time at the same outputs, whoever starts it, even across machines that share the folders.

Outputs go beside the photos and into the output folder, so a run locks both. Each lock ends with the process that holds
it:
- the folder itself, which any user can lock who can read it, also where no file can be made in it. A network file
  system may keep such a lock to one machine;
- `.masking-run.lock` in it, wherever a file can be made: it says who holds the lock, and serves all machines;
- `.masking-workers.lock` names the run, and is held, shared, by each worker while it masks a chunk. Workers of a run
  that was killed may still be at it: the next run waits for them, and they take up nothing more because the name has
  changed.
Both files are gone when the run is over.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from masking.core import safe_files
from masking.core.errors import LockedError
from masking.core.file_lock import lock_within, try_lock
from masking.core.printable import printable

RUN_LOCK = ".masking-run.lock"
WORKERS_LOCK = ".masking-workers.lock"
PATIENCE = 60.0
"""Seconds to wait for the workers of a killed run to finish the chunk in hand."""
OUTPUT_PATIENCE = 10.0
"""Seconds to wait for another run on the same output folder, where it may end in a moment."""
RETRY_SECONDS = 0.1
BUSY = (errno.EWOULDBLOCK, errno.EACCES)


@dataclass(frozen=True)
class WorkPermit:
    """What a worker needs to know to work for a run: the file to hold, and the run's name in it."""

    lock_file: str
    run: str

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the workers' lock while the block runs. Raises LockedError where the run is over or replaced."""
        try:
            descriptor = safe_files.open_to_lock(self.lock_file, make=False)
        except FileNotFoundError as error:
            raise LockedError("the run that this worker works for is over") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if os.pread(descriptor, 100, 0).decode() != self.run or not _is_at(descriptor, self.lock_file):
                raise LockedError("another run has taken over the folders that this worker works on")
            yield
        finally:
            os.close(descriptor)


@contextmanager
def run_lock(input_folder: Path, output_folder: Path) -> Iterator[WorkPermit]:
    """Keep every other run off both folders while the block runs.

    Raises LockedError where another run holds one, or where the file system offers no locks.
    """
    with ExitStack() as held:
        for folder, what in _distinct({input_folder: "INPUT_FOLDER", output_folder: "OUTPUT_FOLDER"}):
            takes_files = os.access(folder, os.W_OK)
            if takes_files:
                held.enter_context(_file_lock(str(folder / RUN_LOCK), f"{what} {folder}"))
            held.enter_context(_folder_lock(folder, f"{what} {folder}", needed=not takes_files))
        for folder in (input_folder, output_folder):
            _wait_for_workers(str(folder / WORKERS_LOCK), folder)
        folder = input_folder if os.access(input_folder, os.W_OK) else output_folder
        yield held.enter_context(_permit(str(folder / WORKERS_LOCK)))


def _distinct(folders: Mapping[Path, str]) -> list[tuple[Path, str]]:
    """Each folder once, whatever it is called."""
    try:
        found = {(status.st_dev, status.st_ino): item for item in folders.items() if (status := item[0].stat())}
    except OSError as error:
        raise LockedError(f"{error.filename} can't be examined: {error.strerror}; a run locks its folders") from error
    return list(found.values())


@contextmanager
def output_lock(output_folder: Path) -> Iterator[None]:
    """Keep every other run off `output_folder` while the block runs; waits for a moment. Raises LockedError."""
    deadline = time.monotonic() + OUTPUT_PATIENCE
    what = f"OUTPUT_FOLDER {output_folder}"
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(_file_lock(str(output_folder / RUN_LOCK), what))
                held.enter_context(_folder_lock(output_folder, what, needed=False))
                break
            except LockedError:
                held.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
        yield


@contextmanager
def _permit(workers_file: str) -> Iterator[WorkPermit]:
    descriptor = _open(workers_file)
    try:
        _wait(descriptor, Path(workers_file).parent)
        run = secrets.token_hex(16)
        _write(descriptor, run, workers_file)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        yield WorkPermit(workers_file, run)
    finally:
        # Workers that are out of reach may still be at it; their lock must stay where the next run looks for it.
        if try_lock(descriptor):
            safe_files.remove(workers_file)
        os.close(descriptor)


@contextmanager
def _folder_lock(folder: Path, what: str, *, needed: bool) -> Iterator[None]:
    """Lock the folder itself. needed: nothing else keeps two runs apart."""
    try:
        descriptor = safe_files.open_folder_to_lock(folder)
    except OSError as error:
        raise LockedError(f"{folder} can't be opened: {error.strerror}; a run locks its folders") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if needed or error.errno in BUSY:
                raise _refusal(error, str(folder), "", what) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _file_lock(path: str, what: str) -> Iterator[None]:
    """Lock the file `path`, and note in it who does."""
    descriptor = _lock(path, what)
    try:
        try:
            _write(descriptor, f"process {os.getpid()} on {socket.gethostname()}", path)
            yield
        finally:
            with suppress(PermissionError):
                safe_files.remove(path)
    finally:
        os.close(descriptor)


def _lock(path: str, what: str) -> int:
    """Descriptor of the locked file `path`."""
    while True:
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace")
            os.close(descriptor)
            raise _refusal(error, path, holder, what) from error
        if _is_at(descriptor, path):
            return descriptor
        # Its holder removed the file between our opening and locking it.
        os.close(descriptor)


def _open(path: str) -> int:
    try:
        return safe_files.open_to_lock(path)
    except OSError as error:
        raise LockedError(f"{path} can't be made: {error.strerror}; a run locks its folders with it") from error


def _write(descriptor: int, text: str, path: str) -> None:
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        # Another user's, who left it behind; the lock counts all the same.
        return
    try:
        safe_files.rewrite(descriptor, text)
    except OSError as error:
        raise LockedError(f"{path} can't be written: {error.strerror}; a run locks its folders with it") from error


def _refusal(error: OSError, path: str, holder: str, what: str) -> LockedError:
    if error.errno in BUSY:
        return LockedError(
            f"another run is working on {what}: {printable(holder) or 'an unnamed process'}. "
            "Wait for it to finish, or end it; a run that was killed holds no lock"
        )
    return LockedError(
        f"{path}: the file system offers no locks ({error.strerror}), so two runs at once could not be kept apart. "
        "Mount it with locks (NFS: with lockd or version 4; Lustre: -o flock)"
    )


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _wait_for_workers(path: str, folder: Path) -> None:
    """Wait for workers of a run that was killed, or of another user's."""
    if not os.path.lexists(path):
        return
    descriptor = _open(path)
    try:
        _wait(descriptor, folder)
    finally:
        os.close(descriptor)


def _wait(descriptor: int, folder: Path) -> None:
    if not lock_within(descriptor, PATIENCE, RETRY_SECONDS):
        raise LockedError(f"workers of an earlier run are still working on {folder}; end them first")
