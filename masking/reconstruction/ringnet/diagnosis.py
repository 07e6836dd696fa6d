"""What would compute RingNet's network in a run, found out without loading it."""

from __future__ import annotations

from collections.abc import Iterator

from masking.core.config.options import ReconstructionOptions
from masking.reconstruction.ringnet.checkpoint_location import locate_checkpoint
from masking.reconstruction.ringnet.conversion import (
    UnfitForLiteRTError,
    find_converted,
    find_refusal,
    open_converted,
)
from masking.reconstruction.ringnet.converted_file import Converted
from masking.reconstruction.ringnet.kept_files import folders_for
from masking.reconstruction.ringnet.packed_weights import find_packed_weights, open_packed_weights
from masking.reconstruction.ringnet.runtimes import why_tensorflow


def convert_ahead(options: ReconstructionOptions) -> Iterator[str]:
    """Convert the checkpoint, and pack its weights, as a run's first start would, and say what came of it.

    Raises ModelFileError where a file is missing or damaged, MissingPackageError without TensorFlow.
    """
    files = locate_checkpoint(options.model_folder)
    files.check_present()
    folders = folders_for(files)
    try:
        converted = open_converted(files, folders)
    except UnfitForLiteRTError as error:
        yield f"the checkpoint is not converted: {error}"
        return
    with converted.file:
        packed = open_packed_weights(converted, folders)
        if converted.file.path is None:
            yield f"the converted network can't be kept in {' or '.join(map(str, folders))}: every start makes it again"
        if packed is not None:
            packed.close()


def describe_runtime(options: ReconstructionOptions) -> Iterator[str]:
    """Lines that say what a run would compute RingNet's network with, and why.

    Raises ModelFileError where a file of the checkpoint is missing, ConfigError where the options contradict.
    """
    if why := why_tensorflow(options):
        yield f"RingNet on TensorFlow, because {why}"
        return
    files = locate_checkpoint(options.model_folder)
    files.check_present()
    folders = folders_for(files)
    converted = find_converted(files, folders)
    if converted is not None:
        with converted.file:
            yield from _describe(converted)
            packed = find_packed_weights(converted, folders)
        with_all = f"shared by all processes, from {packed.path}" if packed else "in each process's own memory"
        yield f"its weights are {with_all}"
        if packed:
            packed.close()
    elif reason := find_refusal(files, folders):
        yield f"RingNet on TensorFlow, because {reason}"
    else:
        yield (
            "RingNet on LiteRT, for which the checkpoint is not converted yet: the next run does that, or the doctor "
            "with --convert now"
        )


def _describe(converted: Converted) -> Iterator[str]:
    record = converted.record
    yield f"RingNet on LiteRT, from {converted.file.path}"
    yield f"converted by TensorFlow {record.tensorflow}, {record.difference:.1e} m from its vertices on test images"
