"""Whether to keep what is made once to save later starts the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_may_keep: ContextVar[bool] = ContextVar("may_keep", default=True)


@contextmanager
def keeping_nothing() -> Iterator[None]:
    """While the block runs this thread leaves no such file behind, and makes what it needs for itself."""
    token = _may_keep.set(False)
    try:
        yield
    finally:
        _may_keep.reset(token)


def may_keep() -> bool:
    """Whether anything is to be kept at all."""
    return _may_keep.get()
