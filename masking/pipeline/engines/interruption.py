"""Ctrl-C and SIGTERM as a request to finish the image in hand and stop; or to clear up and stop at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from masking.core.errors import ExitCode
from masking.core.safe_files import remove_temporary_folders

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Whether somebody has asked the run to stop."""

    def __init__(self) -> None:
        self.requested = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While the block runs, the first signal sets `requested`; a second one interrupts as Ctrl-C always does.

        Signals reach a process's main thread alone; in another one nothing changes.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def ending_at_once() -> Iterator[None]:
    """While the block runs, whatever asks the process to end ends it there and then, except that temporary files are
    removed first.

    No exception does so: raised while a library is being loaded, it would come out as that library's own failure.
    """
    previous = {number: signal.signal(number, _end) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    for other in ENDING_SIGNALS:
        # A second one must not interrupt the clearing up.
        signal.signal(other, signal.SIG_IGN)
    remove_temporary_folders()
    os.write(2, b"interrupted\n")
    os._exit(ExitCode.INTERRUPTED)
