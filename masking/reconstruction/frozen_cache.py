"""The frozen graph, kept beside the checkpoint so that the next start need not import it again.

A cache file is one line, then a serialised GraphDef: `masking-frozen-graph 1 <checkpoint> <content>`, where
<checkpoint> is the SHA-256 of the checkpoint that it was made from and <content> that of the GraphDef's bytes. A file
that says or holds anything else is made again. It is exactly as trusted as the checkpoint in the same folder.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path

from masking.reconstruction.checkpoint import CHECKPOINT_NAME, CheckpointFiles

_FORMAT = "masking-frozen-graph 1"
_MAX_HEADER_BYTES = 256

logger = logging.getLogger(__name__)


def cache_path(files: CheckpointFiles) -> Path:
    """Where the frozen graph of this very checkpoint is kept."""
    return files.folder / f".{CHECKPOINT_NAME}.frozen-{files.fingerprint[:16]}.pb"


def read_cache(files: CheckpointFiles) -> bytes | None:
    """Return the serialised frozen graph, or None where there is no sound one of this checkpoint."""
    path = cache_path(files)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    header, _, graph = content.partition(b"\n")
    if len(header) > _MAX_HEADER_BYTES or header != _header(files, graph):
        logger.warning("%s is damaged or foreign; it is made again from the checkpoint", path)
        return None
    return graph


def write_cache(files: CheckpointFiles, graph: bytes) -> None:
    """Keep `graph`, whole or not at all, in place of those of earlier checkpoints.

    A folder that can't be written to is no error: the next start imports the checkpoint again.
    """
    path = cache_path(files)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=path.name, suffix=".tmp", dir=files.folder)
    except OSError as error:
        logger.info("the frozen graph is not kept: %s", error)
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_header(files, graph) + b"\n" + graph)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        for other in files.folder.glob(f".{CHECKPOINT_NAME}.frozen-*.pb"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError as error:
        logger.info("the frozen graph is not kept: %s", error)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _header(files: CheckpointFiles, graph: bytes) -> bytes:
    return f"{_FORMAT} {files.fingerprint} {hashlib.sha256(graph).hexdigest()}".encode()
