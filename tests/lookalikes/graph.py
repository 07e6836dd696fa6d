"""RingNet's training graph as TensorFlow 1 would hold it, with every trap that the published one has.

Batch 1 in tiles and reshapes, FLAME pinned to a GPU, one regressor used three times, training's leftovers all about.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.lookalikes.flame import PARENTS, flame

SMALL_BLOCKS = ((8, 1), (32, 1))
FULL_SIZE_BLOCKS = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Widths and counts of the bottlenecks; the latter are ResNet-50's."""

MEAN_SCALE = 5.0
_MEAN_SHIFT = (0.007, 0.347)
"""Half a turn about x lays the head's frame on the camera's; the shift brings its eyes to a loose crop's."""


def build_training_graph(tf: Any, blocks: tuple[tuple[int, int], ...]) -> None:
    """Fill the default graph: network, losses, optimizer and input queue."""
    v1 = tf.compat.v1
    images = v1.placeholder(tf.float32, [1, 224, 224, 3], name="input_images")
    with v1.name_scope("resnet_v2_50"):
        features = _backbone(tf, images, blocks)
    mean = v1.get_variable("mean_param", initializer=_mean_parameters()[None], use_resource=False)
    parameters = tf.tile(mean, [1, 1], name="tiled_mean")
    decode = _flame_decoder(tf)
    for stage in range(3):
        correction = _regressor(tf, tf.concat([features, parameters], 1), reuse=stage > 0)
        suffix = f"_{stage}" if stage else ""
        parameters = tf.raw_ops.Add(x=parameters, y=correction, name=f"add{suffix}")
        with v1.name_scope(f"Flamenetnormal{suffix}/"), tf.device("/gpu:0"):
            vertices = decode(parameters)
    _training_leftovers(tf, parameters, vertices)


def _backbone(tf: Any, images: Any, blocks: tuple[tuple[int, int], ...]) -> Any:
    layer = _convolution(tf, images, "conv1", blocks[0][0], 7, 2)
    layer = tf.nn.max_pool2d(layer, 3, 2, "SAME")
    for stage, (width, count) in enumerate(blocks):
        for unit in range(count):
            stride = 2 if unit == 0 and stage else 1
            layer = _bottleneck(tf, layer, f"block{stage + 1}/unit_{unit + 1}", width, stride)
    layer = tf.nn.relu(_batch_norm(tf, layer, "postnorm"))
    return tf.reshape(tf.reduce_mean(layer, [1, 2]), [1, 4 * blocks[-1][0]])


def _bottleneck(tf: Any, images: Any, name: str, width: int, stride: int) -> Any:
    ready = tf.nn.relu(_batch_norm(tf, images, f"{name}/preact"))
    shortcut = images
    if images.shape[-1] != 4 * width:
        shortcut = _convolution(tf, ready, f"{name}/shortcut", 4 * width, 1, stride)
    layer = tf.nn.relu(_batch_norm(tf, _convolution(tf, ready, f"{name}/conv1", width, 1, 1), f"{name}/norm1"))
    layer = tf.nn.relu(_batch_norm(tf, _convolution(tf, layer, f"{name}/conv2", width, 3, stride), f"{name}/norm2"))
    return shortcut + _convolution(tf, layer, f"{name}/conv3", 4 * width, 1, 1)


def _convolution(tf: Any, images: Any, name: str, width: int, size: int, stride: int) -> Any:
    inputs = images.shape[-1]
    spread = np.sqrt(2 / (size * size * inputs))
    weights = _variable(tf, f"{name}/weights", (size, size, inputs, width), spread)
    return tf.nn.conv2d(images, weights, stride, "SAME")


def _batch_norm(tf: Any, images: Any, name: str) -> Any:
    width = images.shape[-1]
    scale, shift = _variable(tf, f"{name}/gamma", width, 0.1, 1), _variable(tf, f"{name}/beta", width, 0.1)
    mean = _variable(tf, f"{name}/moving_mean", width, 0.1, trainable=False)
    variance = _variable(tf, f"{name}/moving_variance", width, 0.1, 1.5, trainable=False)
    return tf.compat.v1.nn.fused_batch_norm(images, scale, shift, mean, variance, is_training=False)[0]


def _regressor(tf: Any, inputs: Any, *, reuse: bool) -> Any:
    with tf.compat.v1.variable_scope("3D_module", reuse=reuse):
        for layer, width in enumerate((512, 512, 159)):
            fan_in = inputs.shape[-1]
            spread = 0.006 / np.sqrt(fan_in) if width == 159 else np.sqrt(2 / fan_in)
            weights = _variable(tf, f"fc{layer}/weights", (fan_in, width), spread)
            inputs = tf.matmul(inputs, weights) + _variable(tf, f"fc{layer}/biases", width, 0)
            inputs = inputs if width == 159 else tf.nn.relu(inputs)
    return inputs


def _flame_decoder(tf: Any) -> Any:
    model = flame()
    count = len(model.template)
    template = _constant_variable(tf, "v_template", model.template)
    shape_directions = _constant_variable(tf, "shapedirs", model.shape_directions.reshape(count * 3, -1).T)
    pose_directions = _constant_variable(tf, "posedirs", model.pose_directions.reshape(count * 3, -1).T)
    regressor = _constant_variable(tf, "J_regressor", model.joint_regressor)
    weights = _constant_variable(tf, "lbs_weights", model.skinning_weights)

    def decode(parameters: Any) -> Any:
        pose, betas = parameters[:, 3:9], parameters[:, 9:159]
        betas = tf.concat([betas[:, :100], tf.zeros([1, 200]), betas[:, 100:], tf.zeros([1, 50])], 1)
        shaped = template + tf.reshape(tf.matmul(betas, shape_directions), [1, count, 3])
        joints = tf.reshape(tf.matmul(regressor, tf.reshape(shaped, [count, 3])), [5, 3])
        axes = tf.concat([pose[:, :3], tf.zeros([1, 3]), pose[:, 3:], tf.zeros([1, 6])], 1)
        rotations = _rotations(tf, tf.reshape(axes, [5, 3]))
        bend = tf.reshape(rotations[1:] - tf.tile(tf.eye(3)[None], [4, 1, 1]), [1, 36])
        posed = shaped + tf.reshape(tf.matmul(bend, pose_directions), [1, count, 3])
        return _skin(tf, posed, weights, _joint_transforms(tf, rotations, joints), count)

    return decode


def _rotations(tf: Any, axes: Any) -> Any:
    """Rodrigues: rotation matrices (5, 3, 3) of axes times angles (5, 3)."""
    angle = tf.norm(axes + 1e-8, axis=1)[:, None, None]
    x, y, z = tf.unstack(axes / angle[:, :, 0], axis=1)
    zero = tf.zeros([5])
    cross = tf.reshape(tf.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1), [5, 3, 3])
    turned = tf.tile(tf.eye(3)[None], [5, 1, 1]) + tf.sin(angle) * cross
    return turned + (1 - tf.cos(angle)) * tf.matmul(cross, cross)


def _joint_transforms(tf: Any, rotations: Any, joints: Any) -> Any:
    """Rigid transforms (5, 3, 4) from the resting to the posed head."""
    placed: list[Any] = []
    for joint, parent in enumerate(PARENTS):
        offset = joints[joint] - (joints[parent] if parent >= 0 else 0)
        local = tf.concat([rotations[joint], offset[:, None]], 1)
        local = tf.concat([local, [[0.0, 0.0, 0.0, 1.0]]], 0)
        placed.append(tf.matmul(placed[parent], local) if parent >= 0 else local)
    stacked = tf.stack(placed)[:, :3]
    moved = stacked[:, :, 3] - tf.reshape(tf.matmul(stacked[:, :, :3], joints[:, :, None]), [5, 3])
    return tf.concat([stacked[:, :, :3], moved[:, :, None]], 2)


def _skin(tf: Any, posed: Any, weights: Any, transforms: Any, count: int) -> Any:
    blended = tf.reshape(tf.matmul(weights, tf.reshape(transforms, [5, 12])), [count, 3, 4])
    turned = tf.matmul(blended[:, :, :3], tf.reshape(posed, [count, 3, 1]))
    turned = tf.reshape(turned, [1, count, 3])
    return tf.raw_ops.Add(x=turned, y=tf.tile(blended[None, :, :, 3], [1, 1, 1]), name="Add_9")


def _mean_parameters() -> Any:
    mean = np.zeros(159, np.float32)
    mean[:3] = MEAN_SCALE, *_MEAN_SHIFT
    mean[3] = np.pi
    mean[6] = 0.05
    return mean


def _variable(tf: Any, name: str, shape: Any, spread: float, middle: float = 0.0, *, trainable: bool = True) -> Any:
    sizes = shape if isinstance(shape, tuple) else (shape,)
    seed = sum(name.encode())
    values = np.random.default_rng(seed).uniform(-1.7, 1.7, sizes) * spread + middle
    return tf.compat.v1.get_variable(name, sizes, initializer=_fed(tf, values), trainable=trainable, use_resource=False)


def _constant_variable(tf: Any, name: str, values: Any) -> Any:
    with tf.device("/gpu:0"):
        return tf.compat.v1.get_variable(
            name, values.shape, initializer=_fed(tf, values), trainable=False, use_resource=False
        )


def _fed(tf: Any, values: Any) -> Any:
    """An initializer that keeps big values out of the graph."""

    def initialize(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        placeholder = tf.compat.v1.placeholder(tf.float32, shape, name="initial_value")
        tf.compat.v1.add_to_collection("initial_values", (placeholder, np.asarray(values, np.float32)))
        return placeholder

    return initialize


def _training_leftovers(tf: Any, parameters: Any, vertices: Any) -> None:
    v1 = tf.compat.v1
    step = v1.train.get_or_create_global_step()
    truth = v1.placeholder(tf.float32, [1, 159], name="truth")
    queue = v1.FIFOQueue(4, [tf.float32], name="input_producer")
    v1.train.add_queue_runner(v1.train.QueueRunner(queue, [queue.enqueue(tf.zeros([]))]))
    checked = v1.py_func(lambda values: values, [parameters], tf.float32, name="inspect")
    loss = tf.reduce_mean(tf.square(checked - truth)) + 1e-3 * tf.reduce_mean(tf.square(vertices))
    loss += 1e-3 * tf.reduce_mean(tf.square(parameters - truth))
    v1.summary.scalar("loss", loss)
    v1.summary.merge_all(name="summaries")
    with tf.device("/gpu:0"):
        v1.train.AdamOptimizer(1e-4).minimize(loss, global_step=step, name="train")
