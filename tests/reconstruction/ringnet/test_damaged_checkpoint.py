"""Every way that a checkpoint may be wrong is one clear error that names the file, and comes before any image."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masking.core.errors import ExitCode, ModelFileError
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.tensorflow_network import TensorFlowNetwork, open_tensorflow_network
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow
from tests.lookalikes.checkpoint import FORGOTTEN_OP


@pytest.fixture
def files(model_folder: Path, tmp_path: Path) -> CheckpointFiles:
    """A checkpoint of one's own to damage, without a frozen graph beside it."""
    files = CheckpointFiles(tmp_path)
    for path in CheckpointFiles(model_folder).all:
        shutil.copy(path, tmp_path)
    return files


def load(files: CheckpointFiles) -> TensorFlowNetwork:
    tf, device = start_tensorflow("cpu", 0)
    return open_tensorflow_network(tf, device, files)


def refusal(files: CheckpointFiles) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        load(files)
    assert "https://ringnet.is.tue.mpg.de" in str(caught.value)
    assert caught.value.exit_code is ExitCode.MODEL_FILE
    return caught.value


def change_graph(files: CheckpointFiles, change: Callable[[Any, dict[str, Any]], None]) -> None:
    tf, _ = start_tensorflow("cpu", 0)
    meta = tf.compat.v1.MetaGraphDef.FromString(files.meta.read_bytes())
    change(meta, {node.name: node for node in meta.graph_def.node})
    files.meta.write_bytes(meta.SerializeToString())


def resave(files: CheckpointFiles, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the checkpoint's variables again, sound in form."""
    tf, _ = start_tensorflow("cpu", 0)
    reader = tf.train.load_checkpoint(str(files.prefix))
    values = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    change(values)
    names = list(values)
    tf.raw_ops.SaveV2(
        prefix=str(files.prefix),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(values[name]) for name in names],
    )


@pytest.mark.parametrize("which", ["meta", "index", "data"])
def test_a_missing_file(files: CheckpointFiles, which: str) -> None:
    path: Path = getattr(files, which)
    path.unlink()
    error = refusal(files)
    assert (error.path, error.problem) == (path, "is missing")


def test_an_empty_file(files: CheckpointFiles) -> None:
    files.index.write_bytes(b"")
    assert refusal(files).problem == "is empty"


def test_a_graph_that_is_cut_off(files: CheckpointFiles) -> None:
    files.meta.write_bytes(files.meta.read_bytes()[:100_000])
    error = refusal(files)
    assert error.path == files.meta
    assert "is damaged" in error.problem


def test_data_that_are_cut_off(files: CheckpointFiles) -> None:
    size = files.data.stat().st_size
    os.truncate(files.data, size - 1)
    error = refusal(files)
    assert error.path == files.data
    assert f"is cut off: it has {size - 1:,} bytes" in error.problem


def test_data_with_one_wrong_bit_where_it_matters(files: CheckpointFiles) -> None:
    content = bytearray(files.data.read_bytes())
    content[len(content) // 2] ^= 4
    files.data.write_bytes(content)
    error = refusal(files)
    assert error.path == files.data
    assert "does not fit its .index or is damaged" in error.problem


def test_an_index_of_random_bytes(files: CheckpointFiles) -> None:
    files.index.write_bytes(np.random.default_rng(0).bytes(5000))
    error = refusal(files)
    assert error.path == files.index
    assert "is damaged" in error.problem


def test_the_index_of_a_checkpoint_with_other_variables(files: CheckpointFiles) -> None:
    tf, _ = start_tensorflow("cpu", 0)
    other = files.folder / "other"
    tf.raw_ops.SaveV2(prefix=str(other), tensor_names=["a"], shape_and_slices=[""], tensors=[tf.zeros(4)])
    shutil.copy(f"{other}.index", files.index)
    error = refusal(files)
    assert error.path == files.index
    assert "belongs to another checkpoint" in error.problem


def test_the_index_of_a_checkpoint_with_variables_of_other_shapes(files: CheckpointFiles) -> None:
    resave(files, lambda values: values.update({"v_template": values["v_template"][1:]}))
    error = refusal(files)
    assert error.path == files.index
    assert "v_template is (5022, 3), and the graph's is (5023, 3)" in error.problem


@pytest.mark.parametrize("name", ["input_images", "add_2", "Flamenetnormal_2/Add_9"])
def test_a_graph_without_one_of_the_three_tensors(files: CheckpointFiles, name: str) -> None:
    change_graph(files, lambda meta, nodes: setattr(nodes[name], "name", "renamed"))
    error = refusal(files)
    assert error.path == files.meta
    assert error.problem.endswith(f"none of the name {name}")


def test_a_graph_for_images_of_another_size(files: CheckpointFiles) -> None:
    def shrink(_: Any, nodes: dict[str, Any]) -> None:
        nodes["input_images"].attr["shape"].shape.dim[1].size = 112

    change_graph(files, shrink)
    assert "takes input_images of float32 (1, 112, 224, 3)" in refusal(files).problem


def test_a_graph_whose_vertices_have_another_shape(files: CheckpointFiles) -> None:
    def point_elsewhere(_: Any, nodes: dict[str, Any]) -> None:
        node = nodes["Flamenetnormal_2/Add_9"]
        node.op = "Identity"
        del node.input[:]
        node.input.append("add_1")

    change_graph(files, point_elsewhere)
    assert "yields Flamenetnormal_2/Add_9 of (159,) an image" in refusal(files).problem


def test_a_graph_that_needs_an_operation_unknown_today(files: CheckpointFiles) -> None:
    change_graph(files, lambda meta, nodes: setattr(nodes["add_1"], "op", FORGOTTEN_OP))
    error = refusal(files)
    assert FORGOTTEN_OP in error.problem
    assert "does not know" in error.problem


def test_a_network_whose_numbers_are_not_finite(files: CheckpointFiles) -> None:
    resave(files, lambda values: values["3D_module/fc2/biases"].fill(np.nan))
    error = refusal(files)
    assert error.path == files.data
    assert "not finite" in error.problem


def test_a_damaged_checkpoint_leaves_no_frozen_graph(files: CheckpointFiles) -> None:
    os.truncate(files.data, 1000)
    refusal(files)
    assert sorted(files.folder.iterdir()) == sorted(files.all)


def test_variables_saved_under_other_names_are_found_by_the_graphs_own_restore_op(
    files: CheckpointFiles, model_folder: Path
) -> None:
    def rename_key(meta: Any, nodes: dict[str, Any]) -> None:
        keys = nodes["save/RestoreV2/tensor_names"].attr["value"].tensor.string_val
        position = list(keys).index(b"v_template")
        keys[position] = b"v_template/ExponentialMovingAverage"

    change_graph(files, rename_key)
    resave(files, lambda values: values.update({"v_template/ExponentialMovingAverage": values.pop("v_template")}))
    assert load(files).vertex_count == 5023
