"""What chumpy's objects stand for: an array, or another array's elements picked, turned or joined.

FLAME's files of 2019 and 2020 hold such objects. Each is worked out with NumPy as chumpy's class of that name does
(`chumpy/reordering.py`), and counted against the pickle's limits before memory is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.reconstruction.flame.pickle_limits import Limits, RefusedPickleError, Shell

State = Mapping[Any, Any]
Array = npt.NDArray[Any]


class ChumpyShell(Shell):
    """A chumpy object of the class `name`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def finish(self, state: Any, limits: Limits) -> Array:
        """The array that the object stands for."""
        if not isinstance(state, dict):
            raise RefusedPickleError(f"it has a chumpy {self._name} without content")
        try:
            limits.take(_BYTES.get(self._name, _bytes_of_source)(state))
            result = np.asarray(_RESULTS[self._name](state))
        except RefusedPickleError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise RefusedPickleError(f"it has a damaged chumpy {self._name}: {error}") from error
        if result.dtype.hasobject:
            raise RefusedPickleError(f"it has a chumpy {self._name} that holds no numbers")
        return result


def _source(state: State) -> Array:
    return _numbers(state["a"] if "a" in state else state["x"])


def _numbers(value: Any) -> Array:
    if isinstance(value, (np.ndarray, np.generic, bool, int, float)):
        return np.asarray(value)
    raise RefusedPickleError(f"it has a chumpy object of {type(value).__name__}, which is not an array")


def _parts(state: State) -> list[Array]:
    return [_numbers(state[name]) for name in state["dterms"]]


def _select(state: State) -> Array:
    picked = _source(state).ravel()[np.asarray(state["idxs"], np.int64).ravel()]
    shape = state.get("preferred_shape")
    return picked if shape is None else picked.reshape(_whole(shape))


def _at_least(state: State) -> Array:
    widen: dict[int, Callable[[Array], Array]] = {1: np.atleast_1d, 2: np.atleast_2d, 3: np.atleast_3d}
    return widen[int(state["ndims"])](_source(state))


def _whole(value: Any) -> Any:
    """A whole number, or a tuple of them, whatever held it."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return tuple(int(part) for part in value)
    return None if value is None else int(value)


def _bytes_of_source(state: State) -> int:
    return _source(state).nbytes


def _tiled_bytes(state: State) -> int:
    reps = _whole(state["reps"])
    return int(_source(state).nbytes * math.prod(abs(rep) for rep in (reps if isinstance(reps, tuple) else (reps,))))


def _flat_diagonal_bytes(state: State) -> int:
    side: int = _source(state).size + abs(int(state.get("k", 0)))
    return side * side * int(_source(state).itemsize)


def _diagonal_bytes(state: State) -> int:
    return _flat_diagonal_bytes(state) if _source(state).ndim == 1 else _source(state).nbytes


_RESULTS: dict[str, Callable[[State], Any]] = {
    "Ch": lambda state: _numbers(state["x"]),
    "Select": _select,
    "Reshape": lambda state: _source(state).reshape(_whole(state["newshape"])),
    "transpose": lambda state: np.transpose(_source(state), _whole(state.get("axes"))),
    "rollaxis": lambda state: np.rollaxis(_source(state), int(state["axis"]), int(state.get("start", 0))),
    "swapaxes": lambda state: np.swapaxes(_source(state), int(state["axis1"]), int(state["axis2"])),
    "Roll": lambda state: np.roll(_source(state), _whole(state["shift"]), _whole(state.get("axis"))),
    "Rot90": lambda state: np.rot90(_source(state), int(state.get("k", 1))),
    "Sort": lambda state: np.sort(_source(state), _whole(state.get("axis", -1))),
    "Tile": lambda state: np.tile(_source(state), _whole(state["reps"])),
    "Repeat": lambda state: np.repeat(_source(state), int(state["repeats"]), _whole(state.get("axis"))),
    "Diag": lambda state: np.diag(_source(state), int(state.get("k", 0))),
    "DiagFlat": lambda state: np.diagflat(_source(state), int(state.get("k", 0))),
    "AtleastNd": _at_least,
    "Concatenate": lambda state: np.concatenate(_parts(state), axis=int(state.get("axis", 0))),
}
_BYTES: dict[str, Callable[[State], int]] = {
    "Select": lambda state: int(np.size(state["idxs"])) * max(_source(state).itemsize, 8),
    "Tile": _tiled_bytes,
    "Repeat": lambda state: _source(state).nbytes * abs(int(state["repeats"])),
    "Diag": _diagonal_bytes,
    "DiagFlat": _flat_diagonal_bytes,
    "Concatenate": lambda state: sum(part.nbytes for part in _parts(state)),
}
"""How much memory the result takes, where it is another amount than the source's."""
REORDERING = tuple(name for name in _RESULTS if name != "Ch")
"""The classes of `chumpy.reordering`."""
