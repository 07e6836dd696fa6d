from __future__ import annotations

import io
import pickletools

import numpy as np
import pytest

from masking.reconstruction.parameters import npy_dict_bytes, npz_bytes, split_parameters
from masking.reconstruction.texture_data import read_npy_dict

VECTOR = np.arange(159, dtype=np.float32)
PARAMETERS = split_parameters(VECTOR)


def test_the_vector_is_camera_pose_shape_and_expression_in_this_order() -> None:
    assert {name: (values[0], len(values)) for name, values in PARAMETERS.items()} == {
        "cam": (0, 3),
        "pose": (3, 6),
        "shape": (9, 100),
        "expression": (109, 50),
    }


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 159"):
        split_parameters(VECTOR[:-1])


def test_the_npz_needs_no_pickle_and_holds_each_array() -> None:
    with np.load(io.BytesIO(npz_bytes(PARAMETERS))) as found:
        assert list(found) == list(PARAMETERS)
        for name, values in PARAMETERS.items():
            np.testing.assert_array_equal(found[name], values)


def test_the_same_parameters_give_the_same_bytes() -> None:
    assert npz_bytes(PARAMETERS) == npz_bytes(PARAMETERS)
    assert npy_dict_bytes(PARAMETERS) == npy_dict_bytes(PARAMETERS)


def test_the_npy_loads_as_the_originals_dict() -> None:
    random = split_parameters(np.random.default_rng(0).normal(size=159).astype(np.float32))
    found = np.load(io.BytesIO(npy_dict_bytes(random)), allow_pickle=True)
    assert (found.shape, found.dtype) == ((), np.dtype(object))
    content = found.item()
    assert list(content) == list(random)
    for name, values in random.items():
        assert content[name].dtype == np.float32
        np.testing.assert_array_equal(content[name], values)


def test_the_npy_names_nothing_that_python_2_and_numpy_1_16_lack() -> None:
    content = npy_dict_bytes(PARAMETERS)
    pickled = content[content.index(b"\n") + 1 :]
    instructions = list(pickletools.genops(pickled))
    assert {argument for opcode, argument, _ in instructions if opcode.name == "GLOBAL"} == {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
        "_codecs encode",
    }
    assert max(opcode.proto for opcode, _, _ in instructions) == 2


def test_the_npy_can_be_read_without_running_it() -> None:
    content = read_npy_dict(npy_dict_bytes(PARAMETERS))
    np.testing.assert_array_equal(np.concatenate(list(content.values())), VECTOR)
