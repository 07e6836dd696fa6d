"""One run at a time on a tree, also across machines that share it; a lock that ends with the process that holds it.

Two files in the input folder (in the output folder where the input folder itself can't be written), both gone when the
run is over:
- `.masking-run.lock` is held by the command's own process as long as it lives;
- `.masking-workers.lock` names the run, and is held, shared, by each worker while it masks a chunk. Workers of a run
  that was killed may still be at it: the next run waits for them, and they take up nothing more because the name has
  changed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from masking.errors import LockedError

RUN_LOCK = ".masking-run.lock"
WORKERS_LOCK = ".masking-workers.lock"
PATIENCE = 60.0
"""Seconds to wait for the workers of a killed run to finish the chunk in hand."""
RETRY_SECONDS = 0.1


@dataclass(frozen=True)
class WorkPermit:
    """What a worker needs to know to work for a run: the file to hold, and the run's name in it."""

    lock_file: str
    run: str

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the workers' lock while the block runs. Raises LockedError where the run is over or replaced."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CLOEXEC)
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
    """Keep every other run off `input_folder` while the block runs; `output_folder` belongs to one input folder anyway.

    Raises LockedError where another run holds it, or where the file system offers no locks.
    """
    folder = input_folder if os.access(input_folder, os.W_OK) else output_folder
    run_file, workers_file = str(folder / RUN_LOCK), str(folder / WORKERS_LOCK)
    descriptor = _lock(run_file, input_folder)
    try:
        workers = os.open(workers_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _wait_for_workers(workers, input_folder)
            run = secrets.token_hex(16)
            _write(workers, run, workers_file)
            fcntl.flock(workers, fcntl.LOCK_UN)
            yield WorkPermit(workers_file, run)
        finally:
            # Workers that are out of reach may still be at it; their lock must stay where the next run looks for it.
            if try_lock(workers):
                with suppress(FileNotFoundError):
                    os.unlink(workers_file)  # noqa: PTH108
            os.close(workers)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(run_file)  # noqa: PTH108
        os.close(descriptor)


def _lock(path: str, input_folder: Path) -> int:
    """Descriptor of the locked file `path`."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise LockedError(f"{path} can't be made: {error.strerror}; a run locks its folders with it") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace")
            os.close(descriptor)
            raise _refusal(error, path, holder, input_folder) from error
        if _is_at(descriptor, path):
            try:
                _write(descriptor, f"process {os.getpid()} on {socket.gethostname()}", path)
            except LockedError:
                os.unlink(path)  # noqa: PTH108
                os.close(descriptor)
                raise
            return descriptor
        # Its holder removed the file between our opening and locking it.
        os.close(descriptor)


def _write(descriptor: int, text: str, path: str) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError as error:
        raise LockedError(f"{path} can't be written: {error.strerror}; a run locks its folders with it") from error


def _refusal(error: OSError, path: str, holder: str, input_folder: Path) -> LockedError:
    if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
        return LockedError(
            f"another run is working on INPUT_FOLDER {input_folder}: {holder or 'a process that is just starting'}. "
            "Wait for it to finish, or end it; a run that was killed holds no lock"
        )
    return LockedError(
        f"{path}: the file system offers no locks ({error.strerror}), so two runs at once could not be told apart. "
        "Mount it with locks (NFS: with lockd or version 4; Lustre: -o flock)"
    )


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _wait_for_workers(descriptor: int, input_folder: Path) -> None:
    if not lock_within(descriptor, PATIENCE, RETRY_SECONDS):
        raise LockedError(f"workers of an earlier run are still working on INPUT_FOLDER {input_folder}; end them first")


def lock_within(descriptor: int, patience: float, retry_seconds: float) -> bool:
    """Try every `retry_seconds` to lock the file; whether it could be done within `patience` seconds. As `try_lock`."""
    deadline = time.monotonic() + patience
    while not try_lock(descriptor):
        if time.monotonic() > deadline:
            return False
        time.sleep(retry_seconds)
    return True


def try_lock(descriptor: int) -> bool:
    """Whether the file is now locked for this process alone. Raises OSError where the file system offers no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
