"""Compiles the inner loops, and keeps the machine code between runs wherever a folder for it can be written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache

from masking.core.code_identity import identity_fingerprint

Function = TypeVar("Function", bound=Callable[..., Any])


class IdentityCache(FunctionCache):  # type: ignore[misc]
    """Keeps a function's machine code for one identity of the whole code.

    numba looks at the function's own file alone. A constant that it takes from another file is compiled into it, and
    would stay as it was.

    Raises RuntimeError where other users could put their own code into the folder: what is in it is run.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        status = os.stat(self.cache_path)  # noqa: PTH116 - numba's paths are strings
        if status.st_mode & stat.S_IWOTH or status.st_uid not in (os.geteuid(), 0):
            raise RuntimeError(f"{self.cache_path} can be written by others")

    def _index_key(self, *arguments: Any) -> tuple[Any, ...]:
        return (*super()._index_key(*arguments), identity_fingerprint())


def compiled(*signatures: str) -> Callable[[Function], Function]:
    """Decorate a function so that it is compiled for `signatures` at once, as the module is imported.

    The machine code is cached beside the source, or in the user's cache folder; where neither can be written (a
    read-only installation without a home, a full disk), or others can write there too, it is compiled again for this
    process, which takes seconds.
    """

    def decorate(function: Function) -> Function:
        try:
            return _compile(function, signatures, cache=True)
        except (OSError, RuntimeError):
            # Not a folder of our own choosing instead: others could plant code in one that they can write to.
            return _compile(function, signatures, cache=False)

    return decorate


def compiled_with_callers(function: Function) -> Function:
    """Decorate a function that only compiled ones call: it is in their machine code, and is not loaded by itself."""
    result: Function = numba.njit(nogil=True, error_model="numpy")(function)
    return result


def inlined(function: Function) -> Function:
    """Decorate a function that only compiled ones call: it becomes part of each, which saves passing its arrays."""
    result: Function = numba.njit(inline="always", error_model="numpy")(function)
    return result


def _compile(function: Function, signatures: tuple[str, ...], *, cache: bool) -> Function:
    dispatcher = numba.njit(nogil=True, error_model="numpy")(function)
    if numba.config.DISABLE_JIT:
        return function
    if cache:
        dispatcher._cache = IdentityCache(function)
    for signature in signatures:
        dispatcher.compile(signature)
    dispatcher.disable_compile()
    result: Function = dispatcher
    return result
