"""The names that a pickle of arrays may hold, and what each builds here instead of what it names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.reconstruction.flame.chumpy_arrays import REORDERING, ChumpyShell
from masking.reconstruction.flame.pickle_limits import Limits, RefusedPickleError, Shell

MAX_DIMENSIONS = 32


@dataclass(frozen=True)
class PickledGlobal:
    """An allowed name. `build` takes the arguments that the pickle calls it with."""

    name: str
    build: Callable[[tuple[Any, ...], Limits], Any]


def find_global(module: Any, name: Any) -> PickledGlobal:
    """Return the allowed `module.name`. Raises RefusedPickleError for every other."""
    full_name = f"{module}.{name}"
    if full_name not in _GLOBALS:
        raise RefusedPickleError(f"it names {full_name[:100]!r}, which arrays don't need")
    return PickledGlobal(full_name, _GLOBALS[full_name])


def checked_keys(keys: Iterable[Any]) -> list[Any]:
    """`keys` as a list. Raises RefusedPickleError for other keys than strings, bytes and numbers."""
    keys = list(keys)
    for key in keys:
        # Hashing nested tuples can take time exponential in the pickle's length.
        if not isinstance(key, (str, bytes, int, float)):
            raise RefusedPickleError(f"it has a key of type {type(key).__name__}")
    return keys


class _DataTypeShell(Shell):
    def __init__(self, code: str) -> None:
        self.code = code

    def finish(self, state: Any, limits: Limits) -> np.dtype[Any]:
        # (version, byte order, sub-array, field names, fields, ...)
        if not isinstance(state, tuple) or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise RefusedPickleError("it has a data type of unknown form")
        order = _text(state[1])
        if order not in ("<", ">", "=", "|"):
            raise RefusedPickleError("it has a data type of unknown byte order")
        return np.dtype(("" if order == "|" else order) + self.code)


class _ArrayShell(Shell):
    def finish(self, state: Any, limits: Limits) -> Any:
        if not isinstance(state, tuple) or len(state) != 5:
            raise RefusedPickleError("it has an array of unknown form")
        _, shape, data_type, is_fortran, data = state
        if isinstance(data_type, np.dtype) and data_type.hasobject:
            if limits.allow_object_scalar and shape == () and isinstance(data, list) and len(data) == 1:
                return data[0]
            raise RefusedPickleError("it has an array of objects")
        return _array(data, data_type, shape, "F" if is_fortran else "C", limits)


class _SparseShell(Shell):
    """A matrix of SciPy's `kind` of format, `csc` or `csr`: compressed columns or rows."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def finish(self, state: Any, limits: Limits) -> Any:
        from scipy import sparse

        try:
            rows, columns = (int(size) for size in state.get("_shape", state.get("shape")))
            matrix = getattr(sparse, f"{self._kind}_matrix")(self._parts(state), shape=(rows, columns), copy=False)
            self._check(matrix)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise RefusedPickleError(f"it has a damaged sparse matrix: {error}") from error
        return matrix

    def _parts(self, state: Any) -> Any:
        return state["data"], state["indices"], state["indptr"]

    def _check(self, matrix: Any) -> None:
        matrix.check_format(full_check=True)


class _CoordinateSparseShell(_SparseShell):
    """A matrix of SciPy's format `coo`: a row and a column for each number. SciPy checks that they lie within."""

    def _parts(self, state: Any) -> Any:
        rows, columns = state["coords"] if "coords" in state else (state["row"], state["col"])
        return state["data"], (rows, columns)

    def _check(self, matrix: Any) -> None:
        return None


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _array(data: Any, data_type: Any, shape: Any, order: Any, limits: Limits) -> npt.NDArray[Any]:
    if not isinstance(data_type, np.dtype) or data_type.hasobject or not isinstance(data, (bytes, bytearray, str)):
        raise RefusedPickleError("it has an array whose content is not plain numbers")
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS or not all(_is_size(size) for size in shape):
        raise RefusedPickleError("it has an array of impossible shape")
    size = math.prod(shape) * data_type.itemsize
    if size != len(data):
        raise RefusedPickleError(f"it declares an array of {size:,} bytes and holds {len(data):,} for it")
    limits.take(size)
    buffer = data.encode("latin-1") if isinstance(data, str) else data
    return np.ndarray(shape, data_type, buffer, order=order)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _new_array(arguments: tuple[Any, ...], limits: Limits) -> Shell:
    array_type, shape, _ = arguments
    # An initial shape would be allocated by NumPy before the state, which brings the true one, is read.
    if not (isinstance(array_type, PickledGlobal) and array_type.name == "numpy.ndarray" and shape == (0,)):
        raise RefusedPickleError("it has an array of unknown form")
    return _ArrayShell()


def _new_data_type(arguments: tuple[Any, ...], limits: Limits) -> Shell:
    code = _text(arguments[0])
    if not re.fullmatch(r"[biufc][0-9]{1,2}|[SU][0-9]{1,9}|O[48]?", code):
        raise RefusedPickleError(f"it has the data type {code[:20]!r}")
    return _DataTypeShell(code[0] if code.startswith("O") else code)


def _array_from_buffer(arguments: tuple[Any, ...], limits: Limits) -> npt.NDArray[Any]:
    """What protocol 5 makes of an array: data, data type, shape, order, and for order `K` the order of its axes."""
    data, data_type, shape, order, *axes = arguments
    if order not in ("C", "F", "K"):
        raise RefusedPickleError("it has an array of unknown order")
    array = _array(data, data_type, shape, "F" if order == "F" else "C", limits)
    return array.transpose(axes[0]) if order == "K" else array


def _scalar(arguments: tuple[Any, ...], limits: Limits) -> Any:
    data_type, data = arguments
    return _array(data, data_type, (), "C", limits)[()]


def _reconstructed(arguments: tuple[Any, ...], limits: Limits) -> Any:
    pickled_type, base, state = arguments
    if not isinstance(pickled_type, PickledGlobal) or getattr(base, "name", "").rpartition(".")[2] != "object" or state:
        raise RefusedPickleError("it rebuilds an object of unknown form")
    return pickled_type.build((), limits)


def _encoded(arguments: tuple[Any, ...], limits: Limits) -> bytes:
    text, encoding = arguments
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise RefusedPickleError("it encodes text in an unknown way")
    limits.take(len(text))
    return text.encode("latin-1")


def _dict(arguments: tuple[Any, ...], limits: Limits) -> dict[Any, Any]:
    pairs = arguments[0] if arguments else []
    return dict(zip(checked_keys(key for key, _ in pairs), (value for _, value in pairs), strict=True))


def _shell(shell_type: Callable[[str], Shell], name: str) -> Callable[[tuple[Any, ...], Limits], Shell]:
    return lambda arguments, limits: shell_type(name)


def _never(arguments: tuple[Any, ...], limits: Limits) -> Any:
    raise RefusedPickleError("it calls a type that only names what an array is")


_GLOBALS: dict[str, Callable[[tuple[Any, ...], Limits], Any]] = {
    "numpy.ndarray": _never,
    "numpy.dtype": _new_data_type,
    "__builtin__.object": _never,
    "builtins.object": _never,
    "_codecs.encode": _encoded,
    "collections.OrderedDict": _dict,
}
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _GLOBALS |= {f"{_module}._reconstruct": _new_array, f"{_module}.scalar": _scalar}
for _module in ("copy_reg", "copyreg"):
    _GLOBALS[f"{_module}._reconstructor"] = _reconstructed
for _module in ("__builtin__", "builtins"):
    _GLOBALS[f"{_module}.set"] = lambda arguments, limits: set(checked_keys(arguments[0] if arguments else ()))
    _GLOBALS[f"{_module}.bytes"] = lambda arguments, limits: b""
for _module in ("numpy.core.numeric", "numpy._core.numeric"):
    _GLOBALS[f"{_module}._frombuffer"] = _array_from_buffer
_SPARSE_SHELLS = {"csc": _SparseShell, "csr": _SparseShell, "coo": _CoordinateSparseShell}
for _kind, _sparse_shell in _SPARSE_SHELLS.items():
    for _module in (f"scipy.sparse.{_kind}", f"scipy.sparse._{_kind}"):
        for _form in ("matrix", "array"):
            _GLOBALS[f"{_module}.{_kind}_{_form}"] = _shell(_sparse_shell, _kind)
for _module in ("chumpy.ch", "chumpy"):
    _GLOBALS[f"{_module}.Ch"] = _shell(ChumpyShell, "Ch")
for _name in REORDERING:
    _GLOBALS[f"chumpy.reordering.{_name}"] = _shell(ChumpyShell, _name)
