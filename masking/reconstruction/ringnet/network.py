"""RingNet's network as a function: prepared crops -> parameters and vertices."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.errors import first_line
from masking.reconstruction.ringnet.checkpoint import INPUT_NAME, PARAMETERS_NAME, VERTICES_NAME, CheckpointFiles
from masking.reconstruction.ringnet.freezing import INPUT_SHAPE, freeze_checkpoint
from masking.reconstruction.ringnet.frozen_cache import read_cache, write_cache
from masking.reconstruction.ringnet.graph_pruning import GraphDef
from masking.reconstruction.ringnet.parameters import PARAMETER_COUNT

# A tenth of a millimetre in the vertices; a GPU adds up in another order for another batch size.
BATCH_TOLERANCE = 1e-4

_Function = Callable[[Any], tuple[Any, Any]]
Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

logger = logging.getLogger(__name__)


class Network:
    """The frozen graph on one device.

    The graph takes one image. With `batched` it is mapped over several at once by TensorFlow's `vectorized_map`,
    which rewrites each operation for a batch and needs no knowledge of the graph; results must equal those of one
    image at a time, or it falls back to that.
    """

    def __init__(self, tf: ModuleType, device: str, files: CheckpointFiles, *, batched: bool) -> None:
        """Load and try the checkpoint. Raises ModelFileError if it is missing, damaged or not RingNet's."""
        self._tf = tf
        self._device = device
        files.check_present()
        self._run_one = _load_function(tf, device, files)
        self._run_batch: _Function | None = None
        probe = _probe_images()
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
            difference = max(
                float(np.abs(found - one).max()) for found, one in zip(self(images), expected, strict=True)
            )
            problem = f"in a batch they differ by {difference:.1e}" if not difference <= BATCH_TOLERANCE else ""
        # TensorFlow reports a graph that it can't map over by errors of several kinds.
        except (self._tf.errors.OpError, ValueError, TypeError, NotImplementedError) as error:
            problem = f"it can't be batched: {first_line(error)}"
        if problem:
            self._run_batch = None
            logger.warning("images go through RingNet's network one by one: %s", problem)


def _load_function(tf: ModuleType, device: str, files: CheckpointFiles) -> _Function:
    cached = read_cache(files)
    if cached is not None:
        return _as_function(tf, device, tf.compat.v1.GraphDef.FromString(cached), files)
    graph = freeze_checkpoint(tf, files)
    function = _as_function(tf, device, graph, files)
    write_cache(files, graph.SerializeToString(deterministic=True))
    return function


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


def _probe_images() -> npt.NDArray[np.float32]:
    """Two unlike test images (2, 224, 224, 3): a grey ramp, and fixed noise."""
    ramp = np.broadcast_to(np.linspace(-1, 1, INPUT_SHAPE[1], dtype=np.float32)[:, None, None], INPUT_SHAPE[1:])
    noise = np.random.default_rng(0).uniform(-1, 1, INPUT_SHAPE[1:]).astype(np.float32)
    return np.stack([ramp, noise])
