"""One process at a time at what is made once of a checkpoint."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from masking.core.safe_files import open_folder_to_lock

PATIENCE = 300.0
"""Seconds to wait for another process."""
_RETRY_SECONDS = 0.1

logger = logging.getLogger(__name__)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while the block runs, or go on without where another keeps it for too long or the file
    system has no locks. What is made is kept whole or not at all, so all that may be lost is time.
    """
    with ExitStack() as held:
        try:
            descriptor = open_folder_to_lock(folder)
            held.callback(os.close, descriptor)
            _lock(descriptor)
        except OSError as error:
            logger.info("%s can't be locked: %s", folder, error.strerror)
        yield


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _is_locked(descriptor):
        if time.monotonic() > deadline:
            raise TimeoutError(errno.ETIMEDOUT, "another process has held the lock for too long")
        time.sleep(_RETRY_SECONDS)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
