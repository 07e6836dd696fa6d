"""Write the look-alike checkpoint, and run it as the original pipeline did, to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.reconstruction.tensorflow_runtime import start_tensorflow
from tests.lookalikes.graph import FULL_SIZE_BLOCKS, SMALL_BLOCKS, build_training_graph

NAME = "ring_6_68641"
OUTPUTS = ("add_2:0", "Flamenetnormal_2/Add_9:0")
FORGOTTEN_OP = "DecodeFaceFromTheLab"
"""An operation of training's own that no TensorFlow of today has ever heard of."""


def write_checkpoint(folder: Path, *, full_size: bool = False) -> None:
    """Write ring_6_68641.{meta,index,data-00000-of-00001} into `folder`."""
    tf, _ = start_tensorflow("cpu", 0)
    folder.mkdir(parents=True, exist_ok=True)
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session(config=_soft_placement(v1)) as session:
        v1.set_random_seed(1)
        build_training_graph(tf, FULL_SIZE_BLOCKS if full_size else SMALL_BLOCKS)
        session.run(v1.global_variables_initializer(), dict(v1.get_collection_ref("initial_values")))
        v1.get_default_graph().clear_collection("initial_values")
        saver = v1.train.Saver()
        saver.save(session, str(folder / NAME), write_meta_graph=False, write_state=False)
        meta = v1.train.export_meta_graph(saver_def=saver.as_saver_def())
    _add_forgotten_op(meta)
    (folder / f"{NAME}.meta").write_bytes(meta.SerializeToString())


def _soft_placement(v1: Any) -> Any:
    return v1.ConfigProto(allow_soft_placement=True)


def _add_forgotten_op(meta: Any) -> None:
    node = meta.graph_def.node.add()
    node.name, node.op, node.device = "lab/decode", FORGOTTEN_OP, "/gpu:3"
    node.input.append("truth")
    meta.collection_def["lab_losses"].any_list.value.add().type_url = "type.of/another.program"
    meta.collection_def["lab_notes"].node_list.value.append("lab/decode:0")


def run_as_the_original(folder: Path, images: npt.NDArray[np.float32]) -> list[list[npt.NDArray[np.float32]]]:
    """Parameters (1, 159) and vertices (1, V, 3) of each of `images` (N, 224, 224, 3), by one plain session."""
    with OriginalSession(folder) as original:
        return [original.run(image) for image in images]


class OriginalSession:
    """TensorFlow 1 as the original used it: the whole graph imported and restored, one image a run.

    Only what the TensorFlow of its day knew, and today's doesn't, is taken out of the graph first.
    """

    def __init__(self, folder: Path) -> None:
        tf, _ = start_tensorflow("cpu", 0)
        v1 = tf.compat.v1
        meta = v1.MetaGraphDef.FromString((folder / f"{NAME}.meta").read_bytes())
        for node in [node for node in meta.graph_def.node if node.op == FORGOTTEN_OP]:
            meta.graph_def.node.remove(node)
        for name in ("lab_losses", "lab_notes"):
            meta.collection_def.pop(name, None)
        self._graph = tf.Graph()
        with self._graph.as_default():
            saver = v1.train.import_meta_graph(meta, clear_devices=True)
            self._session = v1.Session(graph=self._graph)
            saver.restore(self._session, str(folder / NAME))

    def run(self, image: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        return self._session.run(OUTPUTS, {"input_images:0": image[None]})

    def __enter__(self) -> OriginalSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
