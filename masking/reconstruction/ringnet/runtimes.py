"""Which runtime computes RingNet's network: LiteRT on a CPU, TensorFlow on a GPU and wherever LiteRT can't."""

from __future__ import annotations

import logging
from contextlib import nullcontext

from masking.core.code_identity import TENSORFLOW, installed_version
from masking.core.config.options import ReconstructionOptions
from masking.core.errors import ConfigError
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.conversion import UnfitForLiteRTError, open_converted
from masking.reconstruction.ringnet.converted_file import Converted
from masking.reconstruction.ringnet.kept_files import OpenFile, folders_for
from masking.reconstruction.ringnet.litert_network import LiteRTError, LiteRTNetwork
from masking.reconstruction.ringnet.network import Network, misses
from masking.reconstruction.ringnet.packed_weights import open_packed_weights
from masking.reconstruction.ringnet.probes import probe_images

PROBE = 1
"""The test image that each start tries: noise, which reaches every part of the network."""

logger = logging.getLogger(__name__)


def open_network(options: ReconstructionOptions, files: CheckpointFiles, *, batched: bool | None = None) -> Network:
    """The checkpoint's network on the runtime that `options` ask for, or the best one for this machine.

    batched: several images at once, by TensorFlow; None for on a GPU only, where it pays.
    Raises ModelFileError if the checkpoint is damaged, MissingPackageError without TensorFlow where it is needed,
    ConfigError if `options` ask for a GPU that isn't there, or for LiteRT where it can't run the checkpoint.
    """
    if why := why_tensorflow(options):
        logger.info("RingNet runs on TensorFlow: %s", why)
    elif not batched:
        try:
            return _open_on_litert(options, files)
        except UnfitForLiteRTError as error:
            if options.runtime == "litert":
                raise ConfigError([f"[RECONSTRUCTION] RUNTIME = litert: {error}; set RUNTIME = auto"]) from error
            logger.warning("RingNet runs on TensorFlow, which needs 2.5 GB a process: %s", error)
    return _open_on_tensorflow(options, files, batched)


def why_tensorflow(options: ReconstructionOptions) -> str:
    """Why a run does not even try LiteRT; empty where it does. Raises ConfigError where the options contradict."""
    if options.runtime == "litert" and options.device == "gpu":
        raise ConfigError(["[RECONSTRUCTION] RUNTIME = litert works on a CPU, and DEVICE = gpu: set either to auto"])
    if options.runtime == "tensorflow":
        return "RUNTIME = tensorflow"
    if options.device == "gpu":
        return "DEVICE = gpu"
    if options.runtime == "auto" and options.device == "auto" and _tensorflow_sees_gpu(options):
        return "DEVICE = auto, and TensorFlow sees a GPU"
    return ""


def _tensorflow_sees_gpu(options: ReconstructionOptions) -> bool:
    from masking.reconstruction.ringnet.tensorflow_runtime import may_have_gpu, start_tensorflow

    if not (may_have_gpu() and installed_version(TENSORFLOW)):
        return False
    # Nothing less than TensorFlow itself knows. DEVICE = cpu spares a machine with an unusable GPU this.
    _, device = start_tensorflow(options.device, options.threads)
    return device != "/CPU:0"


def _open_on_litert(options: ReconstructionOptions, files: CheckpointFiles) -> LiteRTNetwork:
    folders = folders_for(files)
    converted = open_converted(files, folders)
    with converted.file:
        packed = open_packed_weights(converted, folders)
        with packed or nullcontext():
            return _tried(converted, packed, options.threads or 1)


def _tried(converted: Converted, packed: OpenFile | None, threads: int) -> LiteRTNetwork:
    """The network, once it has computed TensorFlow's numbers for a test image, here and now."""
    try:
        network = LiteRTNetwork(
            converted.file.map_path,
            vertex_count=converted.vertex_count,
            threads=threads,
            packed_path=packed.map_path if packed else "",
            fingerprint=converted.record.model,
        )
        found = network(probe_images()[PROBE : PROBE + 1])
    except LiteRTError as error:
        raise UnfitForLiteRTError(f"LiteRT can't run the converted network: {error}") from error
    parameters, vertices = (part[PROBE : PROBE + 1] for part in converted.references)
    if problem := misses(found, (parameters, vertices)):
        raise UnfitForLiteRTError(f"on this machine {problem}")
    return network


def _open_on_tensorflow(options: ReconstructionOptions, files: CheckpointFiles, batched: bool | None) -> Network:
    from masking.reconstruction.ringnet.tensorflow_network import open_tensorflow_network
    from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow

    tf, device = start_tensorflow(options.device, options.threads)
    batched = device != "/CPU:0" if batched is None else batched
    return open_tensorflow_network(tf, device, files, batched=batched and options.batch_size > 1)
