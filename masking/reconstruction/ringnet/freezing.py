"""A TensorFlow 1 checkpoint -> its graph with the variables' values inside, cut down to RingNet's two outputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from masking.core.errors import first_line
from masking.reconstruction.ringnet.checkpoint import INPUT_NAME, PARAMETERS_NAME, VERTICES_NAME, CheckpointFiles
from masking.reconstruction.ringnet.graph_pruning import GraphDef, NodeDef, node_name, pruned_graph
from masking.reconstruction.ringnet.network import INPUT_SHAPE

_OUTPUT_NAMES = (PARAMETERS_NAME, VERTICES_NAME)
_VARIABLE_OPS = ("VariableV2", "Variable", "VarHandleOp")


def freeze_checkpoint(tf: ModuleType, files: CheckpointFiles) -> GraphDef:
    """Return a GraphDef from `input_images` to the two outputs, its variables frozen to constants.

    Reads from the checkpoint only the variables that the outputs need.
    Raises ModelFileError if the files don't hold such a graph, are damaged or don't belong together.
    """
    meta = _read_meta(tf, files)
    graph = _prune(files, meta.graph_def)
    _open_input(tf, files, graph)
    variables = [node for node in graph.node if node.op in _VARIABLE_OPS]
    values = _read_variables(tf, files, meta, variables)
    _make_constant(tf, graph, values)
    return pruned_graph(graph, _OUTPUT_NAMES, [INPUT_NAME])


def _read_meta(tf: ModuleType, files: CheckpointFiles) -> Any:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return tf.compat.v1.MetaGraphDef.FromString(files.meta.read_bytes())
    except DecodeError as error:
        raise files.error(files.meta, "is damaged: it is not a complete TensorFlow graph") from error


def _prune(files: CheckpointFiles, graph: GraphDef) -> GraphDef:
    names = {node.name for node in graph.node}
    for name in (INPUT_NAME, *_OUTPUT_NAMES):
        if name not in names:
            problem = f"is not RingNet's graph: it has {len(names)} operations and none of the name {name}"
            raise files.error(files.meta, problem)
    try:
        pruned = pruned_graph(graph, _OUTPUT_NAMES, [INPUT_NAME])
    except KeyError as error:
        raise files.error(files.meta, f"is damaged: its operation {error} is missing") from error
    if INPUT_NAME not in {node.name for node in pruned.node}:
        raise files.error(files.meta, f"is not RingNet's graph: its outputs don't depend on {INPUT_NAME}")
    return pruned


def _open_input(tf: ModuleType, files: CheckpointFiles, graph: GraphDef) -> None:
    """Make the input a placeholder of the one shape that is fed, whatever fed it in training."""
    node = next(node for node in graph.node if node.name == INPUT_NAME)
    data_type = node.attr["dtype"].type or node.attr["T"].type
    shape = tf.TensorShape(node.attr["shape"].shape) if "shape" in node.attr else tf.TensorShape(None)
    # TensorFlow before 1.0 wrote an unknown shape as that of a scalar.
    if data_type != tf.float32.as_datatype_enum or not (shape.rank == 0 or shape.is_compatible_with(INPUT_SHAPE)):
        found = f"{tf.dtypes.as_dtype(data_type or tf.float32).name} {shape}"
        raise files.error(files.meta, f"takes {INPUT_NAME} of {found}, and RingNet's takes float32 {INPUT_SHAPE}")
    node.Clear()
    node.name, node.op = INPUT_NAME, "Placeholder"
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    node.attr["shape"].shape.CopyFrom(tf.TensorShape(INPUT_SHAPE).as_proto())


def _read_variables(tf: ModuleType, files: CheckpointFiles, meta: Any, variables: list[NodeDef]) -> dict[str, Any]:
    if not variables:
        return {}
    _check_data_size(tf, files)
    sources = _restore_sources(tf, meta)
    keys = [sources.get(variable.name, (variable.name, "")) for variable in variables]
    data_types = [variable.attr["dtype"].type for variable in variables]
    with tf.device("/CPU:0"):
        try:
            tensors = tf.raw_ops.RestoreV2(
                prefix=str(files.prefix),
                tensor_names=[key for key, _ in keys],
                shape_and_slices=[part for _, part in keys],
                dtypes=data_types,
            )
        except tf.errors.NotFoundError as error:
            raise files.error(files.index, f"belongs to another checkpoint: {first_line(error)}") from error
        except tf.errors.OpError as error:
            raise files.error(files.data, f"does not fit its .index or is damaged: {first_line(error)}") from error
    for variable, tensor in zip(variables, tensors, strict=True):
        expected = tf.TensorShape(variable.attr["shape"].shape)
        if not expected.is_compatible_with(tensor.shape):
            problem = f"belongs to another checkpoint: {variable.name} is {tensor.shape}, and the graph's is {expected}"
            raise files.error(files.index, problem)
    return {variable.name: tensor.numpy() for variable, tensor in zip(variables, tensors, strict=True)}


def _check_data_size(tf: ModuleType, files: CheckpointFiles) -> None:
    """Raise ModelFileError if the data are shorter than all variables in the index, needed here or not."""
    try:
        reader = tf.train.load_checkpoint(str(files.prefix))
        types = reader.get_variable_to_dtype_map()
        shapes = reader.get_variable_to_shape_map()
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise files.error(files.index, f"is damaged: {first_line(error)}") from error
    described = sum(math.prod(shape) * types[name].size for name, shape in shapes.items())
    size = files.data.stat().st_size
    if size < described:
        raise files.error(files.data, f"is cut off: it has {size:,} bytes, and its .index describes {described:,}")


def _restore_sources(tf: ModuleType, meta: Any) -> dict[str, tuple[str, str]]:
    """Under which key, and as which slice, the checkpoint holds each variable, read off the graph's own restore op.

    A saver may store variables under other names than the graph's, moving averages for example.
    """
    nodes = {node.name: node for node in meta.graph_def.node}
    restore = node_name(meta.saver_def.restore_op_name)
    if restore not in nodes:
        return {}
    sources, seen, waiting = {}, set(), [restore]
    while waiting:
        node = nodes.get(waiting.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        if node.op in ("Assign", "AssignVariableOp"):
            source = _restored_key(tf, node.input[1], nodes)
            if source is not None:
                sources[node_name(node.input[0])] = source
        else:
            waiting.extend(node_name(source) for source in node.input)
    return sources


def _restored_key(tf: ModuleType, tensor: str, nodes: Mapping[str, NodeDef]) -> tuple[str, str] | None:
    node = nodes[node_name(tensor)]
    while node.op in ("Identity", "Reshape"):
        tensor = node.input[0]
        node = nodes[node_name(tensor)]
    if node.op != "RestoreV2":
        return None
    position = int(tensor.partition(":")[2] or 0)
    keys, slices = (tf.make_ndarray(nodes[node_name(node.input[i])].attr["value"].tensor) for i in (1, 2))
    return keys[position].decode(), slices[position].decode()


def _make_constant(tf: ModuleType, graph: GraphDef, values: Mapping[str, Any]) -> None:
    for node in graph.node:
        is_read = node.op == "ReadVariableOp" and node_name(node.input[0]) in values
        name = node_name(node.input[0]) if is_read else node.name
        if name not in values or (node.op == "VarHandleOp"):
            continue
        tensor = tf.make_tensor_proto(values[name])
        constant = node.name
        node.Clear()
        node.name, node.op = constant, "Const"
        node.attr["dtype"].type = tensor.dtype
        node.attr["value"].tensor.CopyFrom(tensor)
