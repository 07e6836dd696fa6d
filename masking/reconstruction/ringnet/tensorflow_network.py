"""RingNet's network on TensorFlow: the frozen graph on one device, for GPUs and for what LiteRT can't run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.errors import first_line
from masking.reconstruction.ringnet.checkpoint import INPUT_NAME, PARAMETERS_NAME, VERTICES_NAME, CheckpointFiles
from masking.reconstruction.ringnet.freezing import freeze_checkpoint
from masking.reconstruction.ringnet.frozen_cache import read_cache, write_cache
from masking.reconstruction.ringnet.graph_pruning import GraphDef
from masking.reconstruction.ringnet.network import INPUT_SHAPE, Outputs, difference
from masking.reconstruction.ringnet.parameters import PARAMETER_COUNT
from masking.reconstruction.ringnet.probes import probe_images

# A tenth of a millimetre in the vertices; a GPU adds up in another order for another batch size.
BATCH_TOLERANCE = 1e-4

_Function = Callable[[Any], tuple[Any, Any]]

logger = logging.getLogger(__name__)


class TensorFlowNetwork:
    """The frozen graph on one device.

    The graph takes one image. With `batched` it is mapped over several at once by TensorFlow's `vectorized_map`,
    which rewrites each operation for a batch and needs no knowledge of the graph; results must equal those of one
    image at a time, or it falls back to that.
    """

    def __init__(
        self, tf: ModuleType, device: str, files: CheckpointFiles, graph: GraphDef, *, batched: bool = False
    ) -> None:
        """Load and try `graph`, frozen from `files`. Raises ModelFileError if it doesn't run or isn't RingNet's."""
        self._tf = tf
        self._device = device
        self.runtime = f"TensorFlow {tf.__version__} on a {device.strip('/')[:3]}"
        self.fingerprint = self.runtime
        self._run_one = _as_function(tf, device, graph, files)
        self._run_batch: _Function | None = None
        probe = probe_images()[:2]
        singles = self._check_outputs(files, probe)
        self.vertex_count = singles[1].shape[1]
        if batched:
            self._start_batching(probe, singles)

    def __call__(self, images: npt.NDArray[np.float32]) -> Outputs:
        """Parameters (N, 159) and vertices (N, V, 3) of `images` (N, 224, 224, 3) float32 in -1..1, N at least 1."""
        with self._tf.device(self._device):
            if self._run_batch is not None and len(images) > 1:
                parameters, vertices = self._run_batch(self._tf.constant(images[:, None]))
                return parameters.numpy()[:, 0], vertices.numpy()[:, 0]
            singles = [self._run_one(self._tf.constant(image[None])) for image in images]
        return (
            np.concatenate([parameters.numpy() for parameters, _ in singles]),
            np.concatenate([vertices.numpy() for _, vertices in singles]),
        )

    @property
    def is_batched(self) -> bool:
        """Whether several images go through the network at once."""
        return self._run_batch is not None

    def _check_outputs(self, files: CheckpointFiles, images: npt.NDArray[np.float32]) -> Outputs:
        try:
            parameters, vertices = outputs = self(images)
        except (self._tf.errors.OpError, ValueError) as error:
            raise files.error(files.meta, f"holds a graph that does not run: {first_line(error)}") from error
        if parameters.shape != (len(images), PARAMETER_COUNT):
            problem = (
                f"yields {PARAMETERS_NAME} of {parameters.shape[1:]} an image, and RingNet's is ({PARAMETER_COUNT},)"
            )
            raise files.error(files.meta, problem)
        if vertices.ndim != 3 or len(vertices) != len(images) or vertices.shape[2] != 3:
            raise files.error(
                files.meta, f"yields {VERTICES_NAME} of {vertices.shape[1:]} an image, and RingNet's is (vertices, 3)"
            )
        if not (np.isfinite(parameters).all() and np.isfinite(vertices).all()):
            raise files.error(files.data, "is damaged: the network's numbers for a test image are not finite")
        return outputs

    def _start_batching(self, images: npt.NDArray[np.float32], expected: Outputs) -> None:
        self._run_batch = _batch_function(self._tf, self._run_one)
        try:
            largest = max(difference(found, one) for found, one in zip(self(images), expected, strict=True))
            problem = f"in a batch they differ by {largest:.1e}" if not largest <= BATCH_TOLERANCE else ""
        # TensorFlow reports a graph that it can't map over by errors of several kinds.
        except (self._tf.errors.OpError, ValueError, TypeError, NotImplementedError) as error:
            problem = f"it can't be batched: {first_line(error)}"
        if problem:
            self._run_batch = None
            logger.warning("images go through RingNet's network one by one: %s", problem)


def open_tensorflow_network(
    tf: ModuleType, device: str, files: CheckpointFiles, *, batched: bool = False
) -> TensorFlowNetwork:
    """The checkpoint's network on `device`, `/CPU:0` or `/GPU:0`, from the frozen graph that an earlier start has kept
    where there is one. `batched`: several images at once, where the graph can be mapped over them.

    Raises ModelFileError if the checkpoint is missing, damaged or not RingNet's.
    """
    files.check_present()
    cached = read_cache(files)
    if cached is not None:
        return TensorFlowNetwork(tf, device, files, tf.compat.v1.GraphDef.FromString(cached), batched=batched)
    graph = freeze_checkpoint(tf, files)
    network = TensorFlowNetwork(tf, device, files, graph, batched=batched)
    write_cache(files, graph.SerializeToString(deterministic=True))
    return network


def _as_function(tf: ModuleType, device: str, graph: GraphDef, files: CheckpointFiles) -> _Function:
    outputs = [f"{PARAMETERS_NAME}:0", f"{VERTICES_NAME}:0"]

    def import_graph(images: Any) -> Any:
        return tf.graph_util.import_graph_def(graph, {f"{INPUT_NAME}:0": images}, outputs, name="")

    try:
        with tf.device(device):
            signature = [tf.TensorSpec(INPUT_SHAPE, tf.float32)]
            function: _Function = tf.compat.v1.wrap_function(import_graph, signature)
    except (ValueError, KeyError, tf.errors.OpError) as error:
        problem = f"holds a graph that this TensorFlow {tf.__version__} does not know: {first_line(error)}"
        raise files.error(files.meta, problem) from error
    return function


def _batch_function(tf: ModuleType, run_one: _Function) -> _Function:
    signature = [tf.TensorSpec((None, *INPUT_SHAPE), tf.float32)]
    mapped: _Function = tf.function(
        lambda images: tf.vectorized_map(run_one, images), input_signature=signature, autograph=False
    )
    return mapped
