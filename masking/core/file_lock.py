"""Locks on open files, which end with the process that holds them."""

from __future__ import annotations

import fcntl
import time


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
