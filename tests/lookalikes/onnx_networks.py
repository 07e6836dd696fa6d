"""Stand-ins for users' own ONNX files: small networks of the same inputs and outputs, whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

NUMBERS = 32


def write_recogniser(path: Path, *, scales_by_itself: bool = False, seed: int = 0) -> npt.NDArray[np.float32]:
    """A network that averages its input (1, 3, 112, 112) over squares of 8 and multiplies by a matrix (588, 32), which
    is returned.
    """
    from onnx import helper, numpy_helper, save

    matrix = np.random.default_rng(seed).normal(size=(3 * 14 * 14, NUMBERS)).astype(np.float32)
    nodes, shown = [], "input.1"
    if scales_by_itself:
        nodes += [
            helper.make_node("Sub", ["input.1", "mean"], ["moved"], name="Sub_0"),
            helper.make_node("Mul", ["moved", "factor"], ["scaled"], name="Mul_1"),
        ]
        shown = "scaled"
    nodes += [
        helper.make_node("AveragePool", [shown], ["pooled"], name="Pool", kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["pooled"], ["flat"], name="Flat"),
        helper.make_node("MatMul", ["flat", "matrix"], ["embedding"], name="Last"),
    ]
    constants = {"matrix": matrix, "mean": np.float32([127.5]), "factor": np.float32([1 / 127.5])}
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "recogniser",
        [helper.make_tensor_value_info("input.1", 1, [1, 3, 112, 112])],
        [helper.make_tensor_value_info("embedding", 1, [1, NUMBERS])],
        [numpy_helper.from_array(array, name) for name, array in constants.items() if name in used],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7), str(path))
    return matrix


def write_detector(path: Path, stride: int, cell: int, offsets: npt.NDArray[np.float32], score: float = 0.9) -> None:
    """A network of nine outputs that always sees one face: at anchor `cell` of `stride`, `offsets` (10,) from it."""
    from onnx import helper, numpy_helper, save

    outputs: dict[str, npt.NDArray[np.float32]] = {}
    for kind, width in (("score", 1), ("box", 4), ("points", 10)):
        for each in (8, 16, 32):
            values = np.zeros((2 * (640 // each) ** 2, width), np.float32)
            if each == stride:
                values[cell] = {"score": np.float32([score]), "box": np.ones(4), "points": offsets}[kind]
            outputs[f"{kind}_{each}"] = values
    nodes = [
        helper.make_node("GlobalAveragePool", ["input.1"], ["pooled"], name="pool"),
        helper.make_node("Flatten", ["pooled"], ["flat"], name="flat"),
    ]
    constants: dict[str, npt.NDArray[np.generic]] = {}
    for name, values in outputs.items():
        inputs = [f"{name}_zero", f"{name}_known", f"{name}_shape"]
        given = (np.zeros((3, values.size), np.float32), values.ravel(), np.int64(values.shape))
        constants |= dict(zip(inputs, given, strict=True))
        nodes.append(helper.make_node("Gemm", ["flat", *inputs[:2]], [f"{name}_row"], name=f"{name}_row"))
        nodes.append(helper.make_node("Reshape", [f"{name}_row", inputs[2]], [name], name=name))
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("input.1", 1, [1, 3, 640, 640])],
        [helper.make_tensor_value_info(name, 1, list(values.shape)) for name, values in outputs.items()],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7), str(path))
