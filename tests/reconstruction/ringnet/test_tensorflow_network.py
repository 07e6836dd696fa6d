"""The network on TensorFlow, on graphs of a few operations under RingNet's names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masking.core.errors import ModelFileError
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.tensorflow_network import TensorFlowNetwork, open_tensorflow_network
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow

IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 224, 224, 3)).astype(np.float32)


def brightness(tf: Any, images: Any) -> Any:
    """The mean of the one image, with the batch of 1 baked in."""
    return tf.reshape(tf.reduce_mean(images), [1, 1])


def network(folder: Path, measure: Callable[[Any, Any], Any], *, batched: bool = True) -> TensorFlowNetwork:
    """A network whose every parameter and coordinate is `measure` of the image."""
    tf, device = start_tensorflow("cpu", 0)
    files = CheckpointFiles(folder)
    with tf.Graph().as_default():
        value = measure(tf, tf.compat.v1.placeholder(tf.float32, [1, 224, 224, 3], "input_images"))
        tf.raw_ops.Tile(input=value, multiples=[1, 159], name="add_2")
        tf.raw_ops.Tile(input=value[:, :, None], multiples=[1, 4, 3], name="Flamenetnormal_2/Add_9")
        files.meta.write_bytes(tf.compat.v1.train.export_meta_graph().SerializeToString())
    for path in (files.index, files.data):
        path.write_bytes(b"not needed by a graph without variables")
    return open_tensorflow_network(tf, device, files, batched=batched)


@pytest.mark.parametrize("batched", [True, False])
def test_each_image_has_its_own_numbers(tmp_path: Path, batched: bool) -> None:
    found = network(tmp_path, brightness, batched=batched)
    parameters, vertices = found(IMAGES)
    assert (parameters.shape, vertices.shape, found.vertex_count) == ((3, 159), (3, 4, 3), 4)
    np.testing.assert_allclose(parameters[:, 0], IMAGES.mean(axis=(1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(vertices[:, 3, 2], IMAGES.mean(axis=(1, 2, 3)), atol=1e-6)


def test_a_graph_that_can_be_batched_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert network(tmp_path, brightness).is_batched
    assert caplog.text == ""


def test_a_graph_whose_batches_differ_from_single_images_runs_one_by_one_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = network(tmp_path, lambda tf, images: brightness(tf, images) + tf.random.uniform([1, 1]))
    assert not found.is_batched
    assert "one by one: in a batch they differ by" in caplog.text
    assert found(IMAGES)[0].shape == (3, 159)


def test_a_graph_that_can_not_be_batched_runs_one_by_one_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def from_a_list_of_unknown_length(tf: Any, images: Any) -> Any:
        bright = tf.boolean_mask(tf.reshape(images, [-1]), tf.reshape(images, [-1]) > 0.9)
        return tf.reshape(tf.reduce_mean(tf.unique(bright)[0]), [1, 1])

    found = network(tmp_path, from_a_list_of_unknown_length)
    assert not found.is_batched
    assert "one by one: it can't be batched" in caplog.text
    assert found(IMAGES)[0].shape == (3, 159)


def test_a_graph_that_does_not_look_at_the_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="don't depend on input_images"):
        network(tmp_path, lambda tf, images: tf.zeros([1, 1]))


def test_a_graph_that_fails_when_it_runs_is_refused(tmp_path: Path) -> None:
    def fail(tf: Any, images: Any) -> Any:
        return tf.debugging.check_numerics(brightness(tf, images) / 0.0, "as it must")

    with pytest.raises(ModelFileError, match="a graph that does not run"):
        network(tmp_path, fail)
