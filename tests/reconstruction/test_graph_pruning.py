from __future__ import annotations

import re
from typing import Any

import pytest

from masking.reconstruction.graph_pruning import pruned_graph
from masking.reconstruction.tensorflow_runtime import start_tensorflow


def graph(*lines: str) -> Any:
    """Each line `name = Op(input, ^control)`."""
    tf, _ = start_tensorflow("cpu", 0)
    result = tf.compat.v1.GraphDef()
    for line in lines:
        name, op, inputs = re.fullmatch(r"(\S+) = (\w+)\((.*)\)", line).groups()  # type: ignore[union-attr]
        node = result.node.add()
        node.name, node.op, node.device = name, op, "/gpu:0"
        node.input.extend(filter(None, inputs.split(", ")))
        node.attr["_class"].list.s.append(b"loc:@gone")
        node.attr["T"].type = 1
    return result


def wiring(pruned: Any) -> dict[str, list[str]]:
    return {node.name: list(node.input) for node in pruned.node}


def test_only_what_the_outputs_are_computed_from_stays() -> None:
    pruned = pruned_graph(
        graph("x = Placeholder()", "w = VariableV2()", "y = Mul(x, w:0)", "loss = Sum(y)", "lab = NoSuchOp(y)"),
        ["y"],
        ["x"],
    )
    assert wiring(pruned) == {"y": ["x", "w:0"], "w": [], "x": []}


def test_what_fed_the_input_in_training_goes() -> None:
    pruned = pruned_graph(graph("queue = FIFOQueueV2()", "x = Identity(queue)", "y = Neg(x)"), ["y"], ["x"])
    assert wiring(pruned) == {"y": ["x"], "x": []}


def test_devices_and_hints_go_and_attributes_stay() -> None:
    for node in pruned_graph(graph("x = Placeholder()", "y = Neg(x)"), ["y"], ["x"]).node:
        assert (node.device, list(node.attr)) == ("", ["T"])


def test_control_inputs_that_order_side_effects_go_with_what_they_wait_for() -> None:
    pruned = pruned_graph(graph("x = Placeholder()", "update = NoSuchOp(x)", "y = Neg(x, ^update)"), ["y"], ["x"])
    assert wiring(pruned) == {"y": ["x"], "x": []}


def test_control_inputs_that_tie_a_constant_to_its_branch_stay() -> None:
    branches = graph(
        "x = Placeholder()",
        "switch = Switch(x, x)",
        "pivot = Identity(switch:1)",
        "one = Const(^pivot)",
        "y = Merge(switch, one)",
    )
    assert wiring(pruned_graph(branches, ["y"], ["x"]))["one"] == ["^pivot"]


def test_functions_stay_only_if_they_are_called() -> None:
    called = graph("x = Placeholder()", "y = Outer(x)", "z = Neg(x)")
    for name, inner in (("Outer", "Inner"), ("Inner", "Neg"), ("Unused", "NoSuchOp")):
        function = called.library.function.add()
        function.signature.name = name
        function.node_def.add().op = inner
    pruned = pruned_graph(called, ["y"], ["x"])
    assert sorted(function.signature.name for function in pruned.library.function) == ["Inner", "Outer"]


def test_a_name_that_the_graph_lacks() -> None:
    with pytest.raises(KeyError, match="gone"):
        pruned_graph(graph("x = Placeholder()", "y = Neg(gone)"), ["y"], ["x"])
