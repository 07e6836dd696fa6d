"""Reading pickled arrays without running them.

A pickle is a program. This reader interprets the few instructions that arrays, and containers of them, are made of
and refuses every other. It never imports or calls what a pickle names: each allowed name stands for a function in
`pickled_globals` that builds plain arrays.

What it holds in memory is bounded by the pickle's own length and a number of instructions: a length that a pickle
declares is compared with the bytes that are there before anything is made, and all copies together may not outgrow four
times the pickle.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from masking.reconstruction.flame.pickle_limits import Limits, RefusedPickleError, Shell
from masking.reconstruction.flame.pickled_globals import PickledGlobal, checked_keys, find_global

_MARK = object()


def unpickle_arrays(data: bytes, *, allow_object_scalar: bool = False) -> Any:
    """Return the arrays, scalars, strings, bytes and containers that `data`, a pickle of protocol 1 to 5, describes.

    Strings of Python 2 are read as latin-1. NumPy arrays, SciPy's sparse matrices and chumpy's objects become
    plain arrays, SciPy matrices and arrays. allow_object_scalar: also accept what `numpy.save` makes of a dict, an
    object array without dimensions; it becomes the dict.
    Raises RefusedPickleError for any other content, and for pickles that are damaged or cut off.
    """
    # A string becomes bytes and then an array, which chumpy may have turned twice: four copies.
    return _Machine(Limits(4 * len(data), allow_object_scalar)).run(data)


class _Machine:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.memo_index: dict[int, int] = {}

    def run(self, data: bytes) -> Any:
        try:
            with warnings.catch_warnings():
                # Damaged text may hold an escape that Python calls deprecated.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.execute_all(data)
            return self.result()
        except RefusedPickleError:
            raise
        # Whatever a damaged pickle trips over, in pickletools or on a stack of the wrong content, is one refusal.
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise RefusedPickleError(f"it is damaged: {error or type(error).__name__}") from error

    def execute_all(self, data: bytes) -> None:
        for opcode, argument, _ in pickletools.genops(data):
            self.limits.count_instruction()
            self.execute(opcode.name, argument)

    def result(self) -> Any:
        value = self.stack.pop()
        if any(part is _MARK or isinstance(part, (Shell, PickledGlobal)) for part in _parts(value)):
            raise RefusedPickleError("it is damaged: it ends within an object")
        return value

    def execute(self, name: str, argument: Any) -> None:
        if name in _PUSH_ARGUMENT:
            self.stack.append(argument)
        elif name in _PUSH_NEW:
            self.stack.append(_PUSH_NEW[name]())
        elif name in _PUSH_TUPLE:
            self.push_tuple(_PUSH_TUPLE[name])
        elif name in _DO:
            _DO[name](self, argument)
        elif name not in _SKIP:
            raise RefusedPickleError(f"it holds the instruction {name}, which arrays don't need")

    def put(self, index: int | None) -> None:
        index = len(self.memo) if index is None else index
        self.memo[index] = self.stack[-1]
        if isinstance(self.stack[-1], Shell):
            self.memo_index[id(self.stack[-1])] = index

    def get(self, index: int) -> None:
        self.stack.append(self.memo[index])

    def push_global(self, name: str) -> None:
        self.stack.append(find_global(*name.split(" ", 1)))

    def push_stacked_global(self, _: None) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(find_global(module, name))

    def since_mark(self) -> list[Any]:
        position = len(self.stack) - 1
        while position >= 0 and self.stack[position] is not _MARK:
            position -= 1
        if position < 0:
            raise RefusedPickleError("it is damaged: a mark is missing")
        items = self.stack[position + 1 :]
        del self.stack[position:]
        return items

    def push_tuple(self, size: int) -> None:
        if len(self.stack) < size:
            raise RefusedPickleError("it is damaged: a tuple lacks items")
        items = tuple(self.stack[-size:])
        del self.stack[-size:]
        self.stack.append(items)

    def extend_list(self, items: Iterable[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise RefusedPickleError("it appends to something that is not a list")
        self.stack[-1].extend(items)

    def update_dict(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict):
            raise RefusedPickleError("it sets items of something that is not a dict")
        self.stack[-1].update(_pairs(items))

    def update_set(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], set):
            raise RefusedPickleError("it adds to something that is not a set")
        self.stack[-1].update(checked_keys(items))

    def append(self, _: None) -> None:
        self.extend_list([self.stack.pop()])

    def set_item(self, _: None) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.update_dict([key, value])

    def call(self, _: None) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, PickledGlobal) or not isinstance(arguments, tuple):
            raise RefusedPickleError("it calls something that is not an allowed function")
        self.stack.append(function.build(arguments, self.limits))

    def set_state(self, _: None) -> None:
        state, shell = self.stack.pop(), self.stack.pop()
        if not isinstance(shell, Shell):
            raise RefusedPickleError("it sets the state of something that is not an array")
        finished = shell.finish(state, self.limits)
        self.stack.append(finished)
        # The pickle remembered the shell; from here on it means the array.
        index = self.memo_index.pop(id(shell), None)
        if index is not None:
            self.memo[index] = finished


def _parts(value: Any) -> Iterator[Any]:
    """`value` and everything in its containers, each once, however deep and whatever holds itself."""
    waiting, seen = [value], set[int]()
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, (list, tuple, dict)) and id(part) not in seen:
            seen.add(id(part))
            waiting.extend(part.values() if isinstance(part, dict) else part)


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(checked_keys(items[::2]), items[1::2], strict=True))


_SKIP = {"PROTO", "FRAME", "STOP"}
_PUSH_ARGUMENT = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
}
_PUSH_NEW: dict[str, Callable[[], Any]] = {
    "MARK": lambda: _MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_PUSH_TUPLE = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_DO: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(["PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"], _Machine.put),
    **dict.fromkeys(["GET", "BINGET", "LONG_BINGET"], _Machine.get),
    "GLOBAL": _Machine.push_global,
    "STACK_GLOBAL": _Machine.push_stacked_global,
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "LIST": lambda machine, _: machine.stack.append(machine.since_mark()),
    "DICT": lambda machine, _: machine.stack.append(_pairs(machine.since_mark())),
    "FROZENSET": lambda machine, _: machine.stack.append(frozenset(checked_keys(machine.since_mark()))),
    "APPEND": _Machine.append,
    "APPENDS": lambda machine, _: machine.extend_list(machine.since_mark()),
    "SETITEM": _Machine.set_item,
    "SETITEMS": lambda machine, _: machine.update_dict(machine.since_mark()),
    "ADDITEMS": lambda machine, _: machine.update_set(machine.since_mark()),
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "BUILD": _Machine.set_state,
}
