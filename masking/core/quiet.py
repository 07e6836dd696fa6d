"""Keeping native libraries' start-up chatter off the terminal."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from masking.core.safe_files import open_null_device, unnamed_binary_file


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what native code writes to standard error; show it after all when the block fails."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with unnamed_binary_file() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(terminal, held_back.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def be_quiet_at_exit() -> None:
    """Keep what native code says about its own end off the terminal, once Python has said all that it has to say."""
    global _quiet_at_exit
    _quiet_at_exit = True


def _close_error_output() -> None:
    if _quiet_at_exit:
        sys.stderr.flush()
        os.dup2(open_null_device(), 2)


_quiet_at_exit = False
# What is registered early is called late.
atexit.register(_close_error_output)
