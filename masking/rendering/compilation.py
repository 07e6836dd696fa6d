"""Compiles the inner loops, and keeps the machine code between runs wherever a folder for it can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(*signatures: str) -> Callable[[Function], Function]:
    """Decorate a function so that it is compiled for `signatures` at once, as the module is imported.

    The machine code is cached beside the source, or in the user's cache folder; where neither can be written (a
    read-only installation without a home, a full disk) it is compiled anew for this process, which takes seconds.
    """

    def decorate(function: Function) -> Function:
        try:
            return _compile(function, signatures, cache=True)
        except (OSError, RuntimeError):
            # Not a folder of our own choosing instead: others could plant code in one that they can write to.
            return _compile(function, signatures, cache=False)

    return decorate


def inlined(function: Function) -> Function:
    """Decorate a function that only compiled ones call: it becomes part of each, which saves passing its arrays."""
    result: Function = numba.njit(inline="always", error_model="numpy")(function)
    return result


def _compile(function: Function, signatures: tuple[str, ...], *, cache: bool) -> Function:
    result: Function = numba.njit(list(signatures), cache=cache, nogil=True, error_model="numpy")(function)
    return result
