"""The step that converts a checkpoint for LiteRT, in a process of its own, because TensorFlow stays where it is loaded.

`python -m masking.reconstruction.ringnet.convert FOLDER KEY MODEL REPORT`, the latter two open descriptors, writes the
converted file and, as JSON, what came of it: nothing, what LiteRT can't do, or what is wrong with the checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import IO

from masking.core.errors import MissingPackageError, ModelFileError, first_line
from masking.core.safe_files import rewrite
from masking.reconstruction.ringnet.checkpoint import INPUT_NAME, PARAMETERS_NAME, VERTICES_NAME, CheckpointFiles
from masking.reconstruction.ringnet.converted_file import LITERT_PACKAGE, Record, append_archive
from masking.reconstruction.ringnet.freezing import freeze_checkpoint
from masking.reconstruction.ringnet.graph_pruning import GraphDef
from masking.reconstruction.ringnet.kept_files import path_of_descriptor
from masking.reconstruction.ringnet.litert_network import LiteRTError, LiteRTNetwork
from masking.reconstruction.ringnet.network import difference, misses
from masking.reconstruction.ringnet.probes import probe_images
from masking.reconstruction.ringnet.tensorflow_network import TensorFlowNetwork
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow


class UnfitGraphError(Exception):
    """LiteRT can't take the place of TensorFlow for this graph. The message says why, and is for people."""


def main(arguments: list[str]) -> None:
    """Convert, and report."""
    folder, key, model, report = arguments
    with os.fdopen(int(report), "w", encoding="utf-8") as file:
        json.dump(_report(CheckpointFiles(Path(folder)), key, int(model)), file)


def _report(files: CheckpointFiles, key: str, model: int) -> dict[str, str]:
    try:
        with os.fdopen(os.dup(model), "w+b") as output:
            convert(files, key, output)
    except UnfitGraphError as error:
        return {"unfit": str(error)}
    except ModelFileError as error:
        return {"path": str(error.path), "problem": error.problem}
    except MissingPackageError as error:
        return {"package": error.package}
    except OSError as error:
        # The report needs room too.
        rewrite(model, "")
        return {"failed": f"the converted network can't be written: {error.strerror}"}
    return {}


def convert(files: CheckpointFiles, key: str, output: IO[bytes]) -> Record:
    """Write the converted network into the empty file `output`, having compared it with TensorFlow's.

    Raises UnfitGraphError where LiteRT can't run it or computes other numbers, ModelFileError where the checkpoint is
    damaged or not RingNet's, MissingPackageError without TensorFlow, OSError.
    """
    tf, device = start_tensorflow("cpu", 0)
    graph = freeze_checkpoint(tf, files)
    network = TensorFlowNetwork(tf, device, files, graph)
    images = probe_images()
    references = network(images)
    model = _converted(tf, graph)
    output.write(model)
    output.flush()
    try:
        litert = LiteRTNetwork(path_of_descriptor(output.fileno()), vertex_count=network.vertex_count)
        found = litert(images)
    except LiteRTError as error:
        raise UnfitGraphError(f"LiteRT can't run the converted network: {error}") from error
    if problem := misses(found, references):
        raise UnfitGraphError(problem)
    record = Record(
        key=key,
        model=hashlib.sha256(model).hexdigest(),
        tensorflow=tf.__version__,
        litert=version(LITERT_PACKAGE),
        difference=difference(found[1], references[1]),
    )
    append_archive(output, record, references)
    return record


def _converted(tf: ModuleType, graph: GraphDef) -> bytes:
    from tensorflow.lite.python.convert_phase import ConverterError

    v1 = tf.compat.v1
    with tf.Graph().as_default() as imported, v1.Session(graph=imported) as session:
        tf.graph_util.import_graph_def(graph, name="")
        tensors = [imported.get_tensor_by_name(f"{name}:0") for name in (INPUT_NAME, PARAMETERS_NAME, VERTICES_NAME)]
        converter = v1.lite.TFLiteConverter.from_session(session, tensors[:1], tensors[1:])
        try:
            return bytes(converter.convert())
        except ConverterError as error:
            raise UnfitGraphError(_what_is_missing(error)) from error


def _what_is_missing(error: Exception) -> str:
    operations = sorted(set(re.findall(r"'tf\.(\w+)' op", str(error))))
    if operations:
        return f"LiteRT lacks the operation {' and '.join(operations)}, which the graph needs"
    return f"the graph can't be converted: {first_line(error)}"


if __name__ == "__main__":
    main(sys.argv[1:])
