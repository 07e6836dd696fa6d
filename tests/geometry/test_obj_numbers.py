"""An .obj's numbers are written by a faster way than printf, to the same digits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from masking.geometry.obj import ObjWriter

NO_FACES = np.zeros((0, 3), dtype=np.int32)


def printed(vertices: npt.NDArray[np.floating]) -> bytes:
    return "".join("v {:.6f} {:.6f} {:.6f}\n".format(*vertex) for vertex in vertices.tolist()).encode()


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.floats(-12, 12, width=32)))
def test_single_precision_vertices_read_as_printf_writes_them(vertices: npt.NDArray[np.float32]) -> None:
    assert ObjWriter(NO_FACES, "camera").encode(vertices) == printed(vertices)
    assert ObjWriter(NO_FACES, "viewer").encode(vertices) == printed(vertices * np.array([1, -1, -1]))


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 10), st.just(3)), elements=st.floats(-1e9, 1e9)))
def test_double_precision_and_large_numbers_do_too(vertices: npt.NDArray[np.float64]) -> None:
    assert ObjWriter(NO_FACES, "camera").encode(vertices) == printed(vertices)


@pytest.mark.parametrize("value", [0.0, -0.0, -1e-9, 0.0000005, 9.999999, 9.9999999, 1 / 128, 3 / 128, -5 / 128])
def test_signs_ties_and_the_last_digit(value: float) -> None:
    """A multiple of 1/128 has its seventh decimal exactly halfway."""
    vertices = np.full((1, 3), value, dtype=np.float32)
    assert ObjWriter(NO_FACES, "camera").encode(vertices) == printed(vertices)
