"""MTCNN's output network: from the file of facenet-pytorch to TFLite, as masking/faces/mtcnn_weights/ carries it.

    python scripts/convert_mtcnn.py facenet_pytorch/data/onet.pt masking/faces/mtcnn_weights/mtcnn_output.tflite

Only what says whether there is a face is kept, as its log-odds: box and keypoints come from other networks. A cut of
48 x 48 pixels goes in, levels from -1 to 1, channels last. The weights have 8 bits, which takes a third of the
time. Needs the package `tensorflow`.
"""

from __future__ import annotations

import argparse
import io
import pickle
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SIDE = 48
POOLS = {"conv1": (3, "SAME"), "conv2": (3, "VALID"), "conv3": (2, "VALID")}
"""After which convolution which neighbourhoods are pooled, and whether those that leave the picture count."""
NUMBER_TYPE = np.dtype("<f4")

Weights = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class _Tensor:
    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


class _Unpickler(pickle.Unpickler):
    """Builds tensors of floats and ordered dictionaries, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch", "FloatStorage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not needed for weights")

    def persistent_load(self, given: tuple[Any, ...]) -> str:
        return str(given[2])


def weights_of(content: bytes) -> Weights:
    """The arrays in a file of torch.save's first format, by name."""
    file = io.BytesIO(content)
    for _ in range(3):  # a magic number, the format's, the machine's
        _Unpickler(file).load()
    tensors, keys = _Unpickler(file).load(), _Unpickler(file).load()
    storages = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        storages[key] = np.frombuffer(file.read(NUMBER_TYPE.itemsize * count), NUMBER_TYPE)
    return {name: _array(storages[each.storage], each) for name, each in tensors.items()}


def _array(storage: npt.NDArray[np.float32], tensor: _Tensor) -> npt.NDArray[np.float32]:
    reached = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if not 0 <= tensor.offset <= reached < storage.size or min(tensor.strides) < 0:
        raise ValueError("a tensor reaches beyond its storage")
    steps = [NUMBER_TYPE.itemsize * step for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, steps).copy()


def converted(weights: Weights) -> bytes:
    """The TFLite network with `weights`, of which those of box and keypoints are left out."""
    import tensorflow as tf

    def activated(given: Any, number: int) -> Any:
        # In this form the converter makes one layer of it.
        slope = weights[f"prelu{number}.weight"].reshape([1] * (len(given.shape) - 2) + [-1])
        return tf.nn.relu(given) + -slope * tf.nn.relu(-given)

    def network(cut: Any) -> Any:
        given = cut
        for number in range(1, 5):
            kernel = weights[f"conv{number}.weight"].transpose(2, 3, 1, 0)
            given = activated(tf.nn.conv2d(given, kernel, 1, "VALID") + weights[f"conv{number}.bias"], number)
            if f"conv{number}" in POOLS:
                side, padding = POOLS[f"conv{number}"]
                given = tf.nn.max_pool2d(given, side, 2, padding)
        # The published network goes through columns first, then rows, then channels.
        dense = tf.reshape(tf.transpose(given, [0, 2, 1, 3]), [1, -1]) @ weights["dense5.weight"].T
        no_face, face = weights["dense6_1.weight"]
        shift = weights["dense6_1.bias"][1] - weights["dense6_1.bias"][0]
        return activated(dense + weights["dense5.bias"], 5) @ (face - no_face)[:, None] + shift

    module = tf.Module()
    picture = tf.TensorSpec([1, SIDE, SIDE, 3], tf.float32, name="cut")
    module.network = tf.function(network, input_signature=[picture], autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.network.get_concrete_function()], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def main() -> int:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onet", type=Path, help="onet.pt, as the package facenet-pytorch publishes it")
    parser.add_argument("tflite", type=Path, help="where the converted network goes")
    options = parser.parse_args()
    options.tflite.write_bytes(converted(weights_of(options.onet.read_bytes())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
