"""Cutting a training graph down to what its outputs are computed from, before TensorFlow sees the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

GraphDef = Any
NodeDef = Any


def ancestors(nodes: Mapping[str, NodeDef], outputs: Iterable[str], inputs: Iterable[str] = ()) -> list[str]:
    """Names of the nodes that `outputs` are computed from, outputs and `inputs` included, nothing above `inputs`.

    nodes: every node of the graph by name. Raises KeyError for a name that the graph lacks.
    """
    inputs = set(inputs)
    found: dict[str, None] = {}
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = None
        if name not in inputs:
            waiting.extend(node_name(source) for source in nodes[name].input if _matters(source, nodes))
    return list(found)


def node_name(tensor: str) -> str:
    """Name the node that a tensor or control input such as `a/b:1` or `^a/b` comes from."""
    return tensor.lstrip("^").partition(":")[0]


def _matters(source: str, nodes: Mapping[str, NodeDef]) -> bool:
    return not source.startswith("^") or _is_branch_pivot(nodes[node_name(source)], nodes)


def _is_branch_pivot(node: NodeDef, nodes: Mapping[str, NodeDef]) -> bool:
    # Control inputs only order side effects, of which a frozen graph has none. In tf.cond and tf.while_loop, though,
    # they tie what has no other input to its branch; there they hang off a Merge, a Switch or a Switch's Identity.
    if node.op == "Identity" and node.input:
        node = nodes[node_name(node.input[0])]
    return node.op in ("Switch", "Merge")


def pruned_graph(graph: GraphDef, outputs: Iterable[str], inputs: Iterable[str]) -> GraphDef:
    """Return a copy of `graph` with only the ancestors of `outputs`, free of devices, hints and unneeded functions.

    Raises KeyError for a name that the graph lacks.
    """
    nodes = {node.name: node for node in graph.node}
    inputs = list(inputs)
    for name in inputs:
        _ = nodes[name]
    kept = ancestors(nodes, outputs, inputs)
    result = type(graph)(versions=graph.versions)
    for name in kept:
        node = result.node.add()
        node.CopyFrom(nodes[name])
        node.device = ""
        _drop_hints(node)
        wired = [source for source in node.input if name not in inputs and _matters(source, nodes)]
        del node.input[:]
        node.input.extend(wired)
    _copy_functions(graph, result)
    return result


def _drop_hints(node: NodeDef) -> None:
    # Such as _class, which ties a node to one that may be gone.
    for key in [key for key in node.attr if key.startswith("_")]:
        del node.attr[key]


def _copy_functions(graph: GraphDef, result: GraphDef) -> None:
    library = {function.signature.name: function for function in graph.library.function}
    waiting = [name for node in result.node for name in _called(node)]
    copied = set()
    while waiting:
        name = waiting.pop()
        if name in library and name not in copied:
            copied.add(name)
            result.library.function.add().CopyFrom(library[name])
            waiting.extend(called for node in library[name].node_def for called in _called(node))


def _called(node: NodeDef) -> list[str]:
    values = [node.op]
    for attribute in node.attr.values():
        values.append(attribute.func.name)
        values.extend(function.name for function in attribute.list.func)
    return values
