"""One process at a time at an image's outputs.

A worker that a cluster has lost sight of may still be at work on an image that was given to another. Both write the
same bytes, but each first removes what it finds, the other's files among them. The lock is on the photo itself:
it leaves nothing behind, and ends with the process that holds it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from masking.core.errors import PublishError
from masking.core.file_lock import lock_within
from masking.core.safe_files import open_photo_to_lock

PATIENCE = 100.0
"""Seconds to wait for another process: longer than an NFS server (90) keeps the locks of a machine that is cut off."""
RETRY_SECONDS = 0.01


@contextmanager
def photo_locked(photo: str) -> Iterator[None]:
    """Keep all others who lock `photo` off its outputs while the block runs.

    Nobody can be kept off where the photo can't be opened or the file system offers no locks; the block runs all the
    same. Raises PublishError where another process doesn't let go for PATIENCE.
    """
    descriptor = _locked(photo)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(photo: str) -> int | None:
    """Descriptor of the locked `photo`; None where it can't be locked."""
    # NFS locks only what is open for writing; elsewhere the photo may well be read-only.
    for access in (os.O_RDONLY, os.O_RDWR):
        try:
            descriptor = open_photo_to_lock(photo, access)
        except OSError:
            return None
        try:
            _wait_for_lock(descriptor, photo)
        except OSError:
            os.close(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            return descriptor
    return None


def _wait_for_lock(descriptor: int, photo: str) -> None:
    if not lock_within(descriptor, PATIENCE, RETRY_SECONDS):
        raise PublishError(
            f"another process has been working on the outputs of {photo} for {PATIENCE:.0f} s; it may be a worker "
            "that the cluster has lost contact with. End it, and run again"
        )
