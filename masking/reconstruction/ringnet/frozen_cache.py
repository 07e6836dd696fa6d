"""The frozen graph, kept beside the checkpoint so that the next start need not import it again.

A cache file is one line, then a serialised GraphDef: `masking-frozen-graph 2 <checkpoint> <code> <content>`, where
<checkpoint> is the SHA-256 of the checkpoint that it was made from, <code> that of the code and the libraries that made
it, and <content> that of the GraphDef's bytes. A file that says or holds anything else is made again. It is exactly as
trusted as the checkpoint in the same folder.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from masking.core.code_identity import TENSORFLOW, identity_fingerprint, installed_version
from masking.core.keeping import may_keep
from masking.core.safe_files import remove, whole_binary_file
from masking.reconstruction.ringnet.checkpoint import CHECKPOINT_NAME, CheckpointFiles

_FORMAT = "masking-frozen-graph 2"
_MAX_HEADER_BYTES = 256

logger = logging.getLogger(__name__)


def cache_path(files: CheckpointFiles) -> Path:
    """Where the frozen graph of this very checkpoint is kept."""
    return files.kept_in / f".{CHECKPOINT_NAME}.frozen-{files.fingerprint[:16]}.pb"


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
    if not may_keep():
        return
    path = cache_path(files)
    try:
        with whole_binary_file(path) as file:
            file.write(_header(files, graph) + b"\n" + graph)
        for other in files.kept_in.glob(f".{CHECKPOINT_NAME}.frozen-*.pb"):
            if other != path:
                remove(other)
    except OSError as error:
        logger.info("the frozen graph is not kept: %s", error)


def _header(files: CheckpointFiles, graph: bytes) -> bytes:
    made_by = hashlib.sha256(identity_fingerprint() + installed_version(TENSORFLOW).encode()).hexdigest()
    return f"{_FORMAT} {files.fingerprint} {made_by} {hashlib.sha256(graph).hexdigest()}".encode()
