from __future__ import annotations

import collections
import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from masking.reconstruction.flame.pickle_limits import RefusedPickleError
from masking.reconstruction.flame.unpickling import unpickle_arrays
from tests.lookalikes.python2_pickle import Built, Chumpy, Raw, SparseColumns, python2_pickle

ARRAYS = {
    "numbers": np.linspace(0, 1, 24).reshape(2, 3, 4),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "whole": np.array([[1, 2], [3, 4294967295]], np.uint32),
    "empty": np.zeros((0, 3)),
    "flags": np.array([True, False]),
    "big-endian": np.arange(4, dtype=">i4"),
    "no dimension": np.array(2.5),
    "axes exchanged": np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2),
}


class OsSystem:
    """What an attacker pickles."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def refusal(data: bytes) -> str:
    with pytest.raises(RefusedPickleError) as caught:
        unpickle_arrays(data)
    return str(caught.value)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_as_todays_numpy_pickles_them(name: str, protocol: int) -> None:
    found = unpickle_arrays(pickle.dumps({name: ARRAYS[name]}, protocol))[name]
    assert found.dtype == ARRAYS[name].dtype
    np.testing.assert_array_equal(found, ARRAYS[name])


@pytest.mark.parametrize("name", ["numbers", "columns first", "empty", "flags", "no dimension"])
def test_arrays_as_python_2_pickled_them(name: str) -> None:
    found = unpickle_arrays(python2_pickle({name: ARRAYS[name]}))[name]
    assert found.flags.f_contiguous == ARRAYS[name].flags.f_contiguous
    np.testing.assert_array_equal(found, ARRAYS[name])


def test_a_chumpy_object_becomes_its_array_without_chumpy() -> None:
    assert "chumpy" not in sys.modules
    found = unpickle_arrays(python2_pickle({"J": Chumpy(np.eye(3))}))
    np.testing.assert_array_equal(found["J"], np.eye(3))


def test_a_sparse_matrix_of_an_old_scipy_becomes_one_of_todays() -> None:
    matrix = sparse.random_array((5, 40), density=0.2, rng=np.random.default_rng(0), format="csc")
    found = unpickle_arrays(python2_pickle({"J_regressor": SparseColumns(sparse.csc_matrix(matrix))}))["J_regressor"]
    np.testing.assert_array_equal(found.toarray(), matrix.toarray())


@pytest.mark.parametrize("form", ["csc_array", "csr_array", "coo_array", "csc_matrix", "csr_matrix", "coo_matrix"])
@pytest.mark.parametrize("protocol", [2, 5])
def test_sparse_matrices_and_arrays_of_todays_scipy(form: str, protocol: int) -> None:
    matrix = getattr(sparse, form)(sparse.random_array((5, 40), density=0.2, rng=np.random.default_rng(0)))
    found = unpickle_arrays(pickle.dumps({"J_regressor": matrix}, protocol))["J_regressor"]
    np.testing.assert_array_equal(found.toarray(), matrix.toarray())


def test_coordinates_as_scipy_wrote_them_before_it_had_arrays() -> None:
    rows, columns = np.array([0, 2]), np.array([1, 0])
    state = {"_shape": Raw(b"K\x03K\x02\x86"), "row": rows, "col": columns, "data": np.array([2.0, 3.0])}
    data = python2_pickle(Built("scipy.sparse.coo", "coo_matrix", state))
    np.testing.assert_array_equal(unpickle_arrays(data).toarray(), [[0, 2], [0, 0], [3, 0]])


def test_coordinates_outside_the_matrix_are_refused() -> None:
    matrix = sparse.coo_array(np.eye(2))
    matrix.coords[0][1] = 7
    assert "damaged sparse matrix" in refusal(pickle.dumps(matrix, 5))


SQUARE = np.arange(9.0).reshape(3, 3)
CHUMPY: dict[str, tuple[str, dict[str, Any], Any]] = {
    "elements": ("Select", {"a": Chumpy(SQUARE), "idxs": np.array([0, 8])}, [0, 8]),
    "elements in a shape": (
        "Select",
        {"a": Chumpy(SQUARE), "idxs": np.arange(6), "preferred_shape": np.array([2, 3])},
        SQUARE[:2],
    ),
    "a shape": ("Reshape", {"a": Chumpy(SQUARE), "newshape": np.array([9])}, SQUARE.ravel()),
    "transposed": ("transpose", {"a": Chumpy(SQUARE), "axes": None}, SQUARE.T),
    "an axis rolled": ("rollaxis", {"a": Chumpy(SQUARE), "axis": 1, "start": 0}, SQUARE.T),
    "axes exchanged": ("swapaxes", {"a": Chumpy(SQUARE), "axis1": 0, "axis2": 1}, SQUARE.T),
    "rolled": ("Roll", {"a": Chumpy(SQUARE), "shift": 1, "axis": 0}, np.roll(SQUARE, 1, 0)),
    "turned": ("Rot90", {"a": Chumpy(SQUARE), "k": 1}, np.rot90(SQUARE)),
    "sorted": ("Sort", {"a": Chumpy(-SQUARE), "axis": 1}, np.sort(-SQUARE, 1)),
    "tiled": ("Tile", {"a": Chumpy(SQUARE), "reps": np.array([1, 2])}, np.tile(SQUARE, (1, 2))),
    "repeated": ("Repeat", {"a": Chumpy(SQUARE), "repeats": 2, "axis": 0}, np.repeat(SQUARE, 2, 0)),
    "a diagonal": ("Diag", {"a": Chumpy(SQUARE), "k": 0}, [0, 4, 8]),
    "on a diagonal": ("DiagFlat", {"a": Chumpy(np.arange(3.0)), "k": 0}, np.diag([0.0, 1, 2])),
    "one more axis": ("AtleastNd", {"x": Chumpy(np.arange(3.0)), "ndims": 2}, [[0, 1, 2]]),
    "joined": (
        "Concatenate",
        {"dterms": ["m0", "m1"], "m0": Chumpy(SQUARE), "m1": Chumpy(SQUARE), "axis": 0},
        np.vstack([SQUARE, SQUARE]),
    ),
}


@pytest.mark.parametrize("name", CHUMPY)
def test_a_chumpy_object_that_reorders_another_becomes_the_reordered_array(name: str) -> None:
    chumpy_class, state, expected = CHUMPY[name]
    plain = {"padding": "-" * 4000, "value": Built("chumpy.reordering", chumpy_class, state)}
    np.testing.assert_array_equal(unpickle_arrays(python2_pickle(plain))["value"], expected)


@pytest.mark.parametrize(
    ("chumpy_class", "state"),
    [
        ("Tile", {"a": Chumpy(SQUARE), "reps": np.array([1_000_000, 10_000])}),
        ("Repeat", {"a": Chumpy(SQUARE), "repeats": 2_000_000_000, "axis": None}),
        ("DiagFlat", {"a": Chumpy(SQUARE), "k": 1_000_000}),
        ("Select", {"a": Chumpy(SQUARE), "idxs": Built("chumpy.reordering", "Tile",
                                                     {"a": Chumpy(SQUARE), "reps": 2_000_000_000})}),
    ],
)  # fmt: skip
def test_a_chumpy_object_that_would_grow_out_of_bounds_is_refused(chumpy_class: str, state: dict[str, Any]) -> None:
    assert "more array data" in refusal(python2_pickle(Built("chumpy.reordering", chumpy_class, state)))


@pytest.mark.parametrize(
    "state", [{}, {"a": Chumpy(SQUARE)}, {"a": Chumpy(SQUARE), "idxs": np.array([9])}, {"a": "text", "idxs": 1}]
)
def test_a_chumpy_object_without_its_parts_is_refused(state: dict[str, Any]) -> None:
    assert "chumpy" in refusal(python2_pickle(Built("chumpy.reordering", "Select", state)))


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_containers_and_plain_values(protocol: int) -> None:
    value = {
        "text": "lbs",
        "list": [1, -2, 2.5, None, True, 10**30],
        "tuple": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "ordered": collections.OrderedDict(a=1, b=2),
        "bytes": b"\x00\xff",
        "number": np.float64(1.5),
    }
    assert unpickle_arrays(pickle.dumps(value, protocol)) == value


def test_an_array_named_twice_is_one_array() -> None:
    found = unpickle_arrays(pickle.dumps([ARRAYS["numbers"]] * 2, 2))
    assert found[0] is found[1]


def test_a_pickle_that_calls_os_system_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    data = pickle.dumps({"v_template": OsSystem(f"touch {trace}")}, 2)
    pickle.loads(data)  # noqa: S301
    assert trace.exists(), "the attack is real"
    trace.unlink()
    assert "system" in refusal(data)
    assert not trace.exists()


@pytest.mark.parametrize(
    "name",
    ["os system", "posix system", "builtins eval", "__builtin__ eval", "numpy load", "numpy.core.multiarray array",
     "chumpy.ch Select", "chumpy.reordering Permute",
     "masking.core.hashing sha256_of_file", "functools partial", "numpy.ndarray __new__"],
)  # fmt: skip
def test_every_name_that_is_not_on_the_list_is_refused(name: str) -> None:
    module, attribute = name.split()
    assert refusal(f"\x80\x02c{module}\n{attribute}\n.".encode("latin-1")) == (
        f"it names '{module}.{attribute}', which arrays don't need"
    )


def test_a_scalar_of_objects_is_refused() -> None:
    shell = b"cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb"
    smuggled = pickle.dumps(OsSystem("true"), 2)
    data = b"\x80\x02cnumpy.core.multiarray\nscalar\n" + shell
    data += b"U" + struct.pack("<B", len(smuggled)) + smuggled + b"\x86R."
    assert "not plain numbers" in refusal(data)


def test_an_array_of_objects_is_refused() -> None:
    assert "array of objects" in refusal(pickle.dumps(np.array([{}, None], dtype=object), 2))


def test_an_object_scalar_is_refused_unless_asked_for() -> None:
    data = pickle.dumps(np.array({"a": 1}, dtype=object), 2)
    assert "array of objects" in refusal(data)
    assert unpickle_arrays(data, allow_object_scalar=True) == {"a": 1}


def test_a_data_type_with_fields_is_refused() -> None:
    assert "data type" in refusal(pickle.dumps(np.zeros(2, [("a", "f8"), ("b", "O")]), 2))


TEN_GB = 10_000_000_000


def claiming(shape: tuple[int, ...]) -> bytes:
    real = pickle.dumps(np.zeros(1), 2)
    start = real.index(b"K\x01K\x01\x85")
    size = b"\x8a\x08" + struct.pack("<q", shape[0])
    return real[:start] + b"K\x01" + size + b"\x85" + real[start + 5 :]


CLAIMS = {
    "array": claiming((TEN_GB // 8,)),
    "initial shape": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n\x8a\x08"
    + struct.pack("<q", TEN_GB)
    + b"\x85U\x01b\x87R.",
    "text": b"\x80\x04\x8d" + struct.pack("<Q", TEN_GB) + b"short.",
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", TEN_GB) + b"short.",
    "byte array": b"\x80\x05\x96" + struct.pack("<Q", TEN_GB) + b"short.",
    "frame": b"\x80\x04\x95" + struct.pack("<Q", TEN_GB) + b"short",
    "Python 2 string": b"\x80\x02T" + struct.pack("<i", 2**31 - 1) + b"short.",
    "number": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"short.",
    "memo": b"\x80\x02Nr" + struct.pack("<I", 2**32 - 1) + b"j" + struct.pack("<I", 2**32 - 2) + b".",
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_an_array_declared_as_ten_gigabytes_is_refused_before_anything_is_made(claim: str) -> None:
    tracemalloc.start()
    try:
        refusal(CLAIMS[claim])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_an_array_with_more_bytes_than_its_shape_holds_is_refused() -> None:
    assert "declares an array of 8 bytes and holds 16" in refusal(
        pickle.dumps(np.zeros(2), 2).replace(b"K\x02\x85", b"K\x01\x85")
    )


def test_one_text_can_not_be_made_into_arrays_over_and_over() -> None:
    megabyte = b"X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000
    encode = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    assert "more array data" in refusal(b"\x80\x02]" + megabyte + b"q\x00" + encode * 1000 + b".")


def test_doubling_tuples_stay_small_and_can_not_be_keys() -> None:
    doubling = b"\x80\x02)" + b"".join(b"q" + bytes([n]) + b"h" + bytes([n]) + b"\x86" for n in range(60))
    unpickle_arrays(doubling + b".")
    assert "key of type tuple" in refusal(b"\x80\x02}" + doubling[2:] + b"Ns.")


def test_too_many_instructions_are_refused() -> None:
    assert "more than 2,000,000 instructions" in refusal(b"\x80\x02" + b"N" * 2_000_001 + b".")


@pytest.mark.parametrize("instruction", [b"P1\n", b"Q", b"\x82\x01", b"(c__builtin__\nset\no", b"(i__builtin__\nset\n"])
def test_instructions_that_arrays_do_not_need_are_refused(instruction: bytes) -> None:
    assert refusal(b"\x80\x02N" + instruction + b".")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"\x80\x02R.",
        b"\x80\x02(.",
        b"\x80\x02e.",
        b"\x80\x02]u.",
        b"\x80\x02cnumpy\nndarray\n.",
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    assert "damaged" in refusal(data) or "not a list" in refusal(data)


def test_text_with_a_wrong_escape_is_read_without_a_warning() -> None:
    assert unpickle_arrays(b"S'\\400'\n.") == "\x00"


WHOLE = python2_pickle({"a": np.arange(5.0), "b": Chumpy(np.eye(2)), "c": [1, Raw(b")")]})


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_pickle_cut_off_anywhere_is_refused(length: int) -> None:
    assert refusal(WHOLE[:length])


@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        unpickle_arrays(b"\x80\x02" + data)
    except RefusedPickleError:
        return


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_one_wrong_byte_is_read_or_refused_and_nothing_else(position: int, value: int) -> None:
    changed = bytearray(WHOLE)
    changed[position] = value
    try:
        unpickle_arrays(bytes(changed))
    except RefusedPickleError:
        return


def test_reading_a_hostile_pickle_imports_nothing() -> None:
    program = (
        "import sys; from masking.reconstruction.flame.unpickling import unpickle_arrays\n"
        "try: unpickle_arrays(b'\\x80\\x02cantigravity\\ngeohash\\n.')\n"
        "except ValueError: pass\n"
        "print('antigravity' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("inner", [b"cnumpy\nndarray\n", b"(", b"cscipy.sparse.csc\ncsc_matrix\n)\x81"])
def test_an_object_that_is_left_unfinished_deep_within_is_refused(inner: bytes) -> None:
    """Found by fuzzing: only the outermost value was looked at."""
    assert "ends within an object" in refusal(b"}X\x01\x00\x00\x00f]" + inner + b"as.")
