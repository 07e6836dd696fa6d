"""RingNet's 159 numbers: their meaning, and the two file forms that they are handed on in.

| name       | count | meaning                                                                                        |
|------------|-------|------------------------------------------------------------------------------------------------|
| cam        | 3     | weak-perspective camera s, tx, ty: crop pixel = 112 * (s * (x + tx) + 1); tx and ty in metres  |
| pose       | 6     | rotations as axis times angle in radians: whole head (3), jaw (3)                              |
| shape      | 100   | weights of FLAME's first 100 shape directions, in standard deviations                          |
| expression | 50    | weights of FLAME's first 50 expression directions (its 301st to 350th), in standard deviations |
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

PARAMETER_COUNTS = {"cam": 3, "pose": 6, "shape": 100, "expression": 50}
PARAMETER_COUNT = sum(PARAMETER_COUNTS.values())

Parameters = Mapping[str, npt.NDArray[np.floating]]


def split_parameters(vector: npt.NDArray[np.floating]) -> dict[str, npt.NDArray[np.floating]]:
    """Split the network's vector (159,) into cam (3,), pose (6,), shape (100,) and expression (50,), in this order."""
    if vector.shape != (PARAMETER_COUNT,):
        raise ValueError(f"expected {PARAMETER_COUNT} parameters, got the shape {vector.shape}")
    ends = np.cumsum(list(PARAMETER_COUNTS.values()))
    return dict(zip(PARAMETER_COUNTS, np.split(vector, ends[:-1]), strict=True))


def npz_bytes(parameters: Parameters) -> bytes:
    """`parameters` as a .npz file, one array a name. The same numbers give the same bytes."""
    file = io.BytesIO()
    np.savez(file, **{name: np.asarray(values) for name, values in parameters.items()})  # type: ignore[arg-type]
    return file.getvalue()


def npy_dict_bytes(parameters: Parameters) -> bytes:
    """`parameters` as the .npy file that RingNet's own demo wrote: a dict in an object array without dimensions.

    Read it with `numpy.load(file, allow_pickle=True)`, under Python 3 or 2, then `.item()`; NumPy 1.16 is enough.
    Written instruction by instruction because today's NumPy pickles under module names that NumPy 1.16 lacks.
    """
    items = [_text(name) + _array(np.asarray(values)) for name, values in parameters.items()]
    content = b"}(" + b"".join(items) + b"u"
    pickled = b"\x80\x02" + _array_shell() + _array_state((), _data_type("O8", "|", 63), b"](" + content + b"e") + b"."
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
    return file.getvalue() + pickled


# Instructions of pickle protocol 2, as `pickletools` documents them.


def _array(values: npt.NDArray[np.floating]) -> bytes:
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    data_type = _data_type(values.dtype.str[1:], "<", 0)
    # As text that is encoded on reading: raw Python 2 strings would need encoding="latin1" under Python 3.
    data = b"c_codecs\nencode\n" + _text(values.tobytes().decode("latin-1")) + _text("latin1") + b"\x86R"
    return _array_shell() + _array_state(values.shape, data_type, data)


def _array_shell() -> bytes:
    return b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + _byte_b() + b"\x87R"


def _array_state(shape: tuple[int, ...], data_type: bytes, data: bytes) -> bytes:
    return b"(K\x01(" + b"".join(_integer(size) for size in shape) + b"t" + data_type + b"\x89" + data + b"tb"


def _data_type(code: str, byte_order: str, flags: int) -> bytes:
    order = _text(byte_order)
    return (
        b"cnumpy\ndtype\n" + _text(code) + b"K\x00K\x01\x87R"
        b"(K\x03" + order + b"NNN" + _integer(-1) + _integer(-1) + _integer(flags) + b"tb"
    )


def _byte_b() -> bytes:
    return b"c_codecs\nencode\n" + _text("b") + _text("latin1") + b"\x86R"


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return b"X" + struct.pack("<I", len(data)) + data


def _integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)
