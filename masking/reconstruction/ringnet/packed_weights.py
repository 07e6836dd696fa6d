"""A converted network's weights in the order in which this machine's kind of processor wants them.

LiteRT would put them into that order in each process's own memory. Kept in a file they are mapped, and shared by all
processes of the machine; where they can't be kept, nothing but memory is lost.
"""

from __future__ import annotations

import hashlib
import logging
import platform
from importlib.metadata import version
from pathlib import Path

from masking.core.safe_files import unnamed_binary_file
from masking.reconstruction.ringnet.converted_file import LITERT_PACKAGE, Converted
from masking.reconstruction.ringnet.folder_lock import one_at_a_time
from masking.reconstruction.ringnet.kept_files import Kind, OpenFile, can_keep, keep, open_kept
from masking.reconstruction.ringnet.separate_process import StepFailedError, run_step

logger = logging.getLogger(__name__)


def packed_kind() -> Kind:
    """Those for this machine's kind of processor; those for others may lie beside them."""
    return Kind(f"packed-{hashlib.sha256(_processor().encode()).hexdigest()[:8]}", ".weights")


def find_packed_weights(converted: Converted, folders: list[Path]) -> OpenFile | None:
    """The packed weights that an earlier start has kept, held open; None where there are none."""
    return open_kept(folders, packed_kind(), _key(converted))


def open_packed_weights(converted: Converted, folders: list[Path]) -> OpenFile | None:
    """The packed weights, held open, and packed now where that hasn't been done; None where they can't be kept."""
    found = find_packed_weights(converted, folders)
    if found is None and can_keep(folders):
        with one_at_a_time(folders[0]):
            found = find_packed_weights(converted, folders) or _pack(converted, folders)
    return found


def _key(converted: Converted) -> str:
    return hashlib.sha256(f"{converted.record.model} {version(LITERT_PACKAGE)}".encode()).hexdigest()


def _pack(converted: Converted, folders: list[Path]) -> OpenFile | None:
    with unnamed_binary_file() as packed:
        descriptors = [converted.file.descriptor, packed.fileno()]
        numbers = (descriptors[0], converted.vertex_count, descriptors[1])
        try:
            run_step("masking.reconstruction.ringnet.pack", *map(str, numbers), descriptors=descriptors)
        except StepFailedError as error:
            logger.info("RingNet's weights are packed in each process, and not shared: %s", error)
            return None
        keep(folders, packed_kind(), _key(converted), packed.fileno())
    return find_packed_weights(converted, folders)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        # Elsewhere than on Linux: for this machine alone.
        return f"{platform.machine()} {platform.processor()} {platform.node()}"
    names = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(names)}))
