"""The converted network of a checkpoint: as an earlier start has kept it, or converted now, in a process of its own."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from contextlib import ExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO

from masking.core.code_identity import TENSORFLOW, installed_version
from masking.core.errors import MissingPackageError
from masking.core.printable import printable
from masking.core.safe_files import unnamed_binary_file
from masking.core.terminal import mention
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.converted_file import (
    CONVERTED,
    LITERT_PACKAGE,
    Converted,
    ForeignFileError,
    conversion_key,
    read_converted,
)
from masking.reconstruction.ringnet.folder_lock import one_at_a_time
from masking.reconstruction.ringnet.kept_files import Kind, OpenFile, keep, open_kept, remove_partial_files
from masking.reconstruction.ringnet.separate_process import StepFailedError, run_step

REFUSED = Kind("no-litert", ".json")
_MAX_REPORT_BYTES = 10_000
_REMEDY = (
    "RingNet's checkpoint is converted with it once: pip install tensorflow, or convert it on a machine that "
    "has it, and "
    f"put the file that appears beside it there, {CONVERTED.beginning()}*{CONVERTED.ending}, beside it here"
)

logger = logging.getLogger(__name__)


class UnfitForLiteRTError(Exception):
    """LiteRT can't take TensorFlow's place for a checkpoint, here at least. The message, for people, says why."""


def open_converted(files: CheckpointFiles, folders: list[Path]) -> Converted:
    """The converted network, held open; converted now where no earlier start has done that.

    Raises UnfitForLiteRTError where LiteRT can't run it, or not with TensorFlow's numbers, ModelFileError where the
    checkpoint is damaged, MissingPackageError where it has to be converted and TensorFlow is missing.
    """
    found = _found_or_refused(files, folders)
    if found is None:
        with one_at_a_time(files.kept_in):
            found = _found_or_refused(files, folders) or _convert(files, folders)
    return found


def find_converted(files: CheckpointFiles, folders: list[Path]) -> Converted | None:
    """The converted network that an earlier start has kept, held open; None where there is no sound one."""
    key = conversion_key(files)
    file = open_kept(folders, CONVERTED, key)
    if file is None:
        return None
    try:
        return read_converted(file, key)
    except ForeignFileError as error:
        logger.warning("%s is not used, and made again: %s", file.path, error)
        file.close()
        return None


def find_refusal(files: CheckpointFiles, folders: list[Path]) -> str:
    """Why an earlier start, with these versions, could not convert the checkpoint; empty where none is known."""
    file = open_kept(folders, REFUSED, _refusal_key(files))
    if file is None:
        return ""
    with file, suppress(ValueError, KeyError, TypeError):
        return str(json.loads(os.pread(file.descriptor, _MAX_REPORT_BYTES, 0))["unfit"])
    return ""


def _found_or_refused(files: CheckpointFiles, folders: list[Path]) -> Converted | None:
    found = find_converted(files, folders)
    if found is None and (reason := find_refusal(files, folders)):
        raise UnfitForLiteRTError(reason)
    return found


def _convert(files: CheckpointFiles, folders: list[Path]) -> Converted:
    if not installed_version(TENSORFLOW):
        raise MissingPackageError("tensorflow", _REMEDY)
    what = f"RingNet's checkpoint in {files.home}" if files.home else files.data
    mention(f"Converting {printable(what)} for LiteRT, once; that takes about ten seconds ...")
    remove_partial_files(folders)
    key = conversion_key(files)
    with ExitStack() as files_of_ours:
        try:
            model, report = (files_of_ours.enter_context(unnamed_binary_file()) for _ in range(2))
            _run_conversion(files, key, model, report)
        except (StepFailedError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UnfitForLiteRTError(f"its conversion failed: {reason}") from error
        _raise_reported(files, folders, report.fileno())
        if keep(folders, CONVERTED, key, model.fileno()) and (kept := find_converted(files, folders)):
            return kept
        logger.info("RingNet's converted network can't be kept, and is made again at the next start")
        return read_converted(OpenFile(os.dup(model.fileno())), key)


def _run_conversion(files: CheckpointFiles, key: str, model: IO[bytes], report: IO[bytes]) -> None:
    descriptors = [model.fileno(), report.fileno()]
    run_step(
        "masking.reconstruction.ringnet.convert",
        *(str(files.folder.absolute()), key, *map(str, descriptors)),
        descriptors=descriptors,
    )


def _raise_reported(files: CheckpointFiles, folders: list[Path], report: int) -> None:
    said = json.loads(os.pread(report, _MAX_REPORT_BYTES, 0))
    if "path" in said:
        raise files.error(Path(said["path"]), said["problem"])
    if "package" in said:
        raise MissingPackageError(said["package"], _REMEDY)
    if "unfit" in said:
        keep(folders, REFUSED, _refusal_key(files), report)
        raise UnfitForLiteRTError(said["unfit"])
    if "failed" in said:
        raise UnfitForLiteRTError(f"its conversion failed: {said['failed']}")


def _refusal_key(files: CheckpointFiles) -> str:
    versions = f"{installed_version(TENSORFLOW)} {version(LITERT_PACKAGE)}"
    return hashlib.sha256(f"{conversion_key(files)} {versions}".encode()).hexdigest()
