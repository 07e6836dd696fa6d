"""Pickles as Python 2's cPickle wrote them, protocol 2: arrays as byte strings, chumpy and old SciPy by name."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np


class Chumpy:
    """An array that is to be pickled as `chumpy.ch.Ch`."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)


class SparseColumns:
    """A matrix that is to be pickled as the `csc_matrix` of a SciPy of 2017."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix.tocsc()


class Built:
    """An object of `module.name` that is to be pickled with `state` for its attributes."""

    def __init__(self, module: str, name: str, state: dict[str, Any]) -> None:
        self.module, self.name, self.state = module, name, state


class Raw:
    """Instructions that are to stand in the pickle as they are."""

    def __init__(self, instructions: bytes) -> None:
        self.instructions = instructions


def python2_pickle(value: Any) -> bytes:
    return b"\x80\x02" + _dump(value) + b"."


def python2_npy(value: dict[str, Any]) -> bytes:
    """What `numpy.save` of Python 2 made of a dict."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
    state = _array_state((), _data_type("O8", "|", 63), False, _dump([value]))
    return file.getvalue() + b"\x80\x02" + _ARRAY_SHELL + state + b"."


def _dump(value: Any) -> bytes:
    if isinstance(value, Raw):
        return value.instructions
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, (int, np.integer)):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, str):
        return _string(value.encode("latin-1"))
    return _dump_composite(value)


def _dump_composite(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, list):
        return b"](" + b"".join(map(_dump, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(_dump(key) + _dump(item) for key, item in value.items()) + b"u"
    if isinstance(value, Built):
        return f"c{value.module}\n{value.name}\n)\x81".encode("latin-1") + _dump(value.state) + b"b"
    if isinstance(value, Chumpy):
        dirty = b"c__builtin__\nset\n](U\x01xe\x85R"
        state = {"_dirty_vars": Raw(dirty), "_itr": None, "x": value.values, "_depends_on_deps": False}
        return b"cchumpy.ch\nCh\n)\x81" + _dump(state) + b"b"
    if isinstance(value, SparseColumns):
        matrix = value.matrix
        state = {
            "_shape": Raw(b"(" + b"".join(map(_dump, matrix.shape)) + b"t"),
            "indptr": matrix.indptr,
            "indices": matrix.indices,
            "data": matrix.data,
            "maxprint": 50,
        }
        return b"cscipy.sparse.csc\ncsc_matrix\n)\x81" + _dump(state) + b"b"
    raise TypeError(f"no Python 2 pickle of {type(value).__name__} is needed here")


_ARRAY_SHELL = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"


def _array(values: np.ndarray[Any, Any]) -> bytes:
    fortran = values.flags.f_contiguous and not values.flags.c_contiguous
    data = values.tobytes(order="F" if fortran else "C")
    order = "|" if values.dtype.itemsize == 1 else "<"
    return _ARRAY_SHELL + _array_state(values.shape, _data_type(values.dtype.str[1:], order, 0), fortran, _string(data))


def _array_state(shape: tuple[int, ...], data_type: bytes, fortran: bool, data: bytes) -> bytes:
    return b"(K\x01(" + b"".join(map(_dump, shape)) + b"t" + data_type + _dump(fortran) + data + b"tb"


def _data_type(code: str, order: str, flags: int) -> bytes:
    shell = b"cnumpy\ndtype\n" + _dump(code) + b"K\x00K\x01\x87R"
    return shell + b"(K\x03" + _dump(order) + b"NNN" + _dump(-1) + _dump(-1) + _dump(flags) + b"tb"


def _string(data: bytes) -> bytes:
    if len(data) < 256:
        return b"U" + struct.pack("<B", len(data)) + data
    return b"T" + struct.pack("<i", len(data)) + data
