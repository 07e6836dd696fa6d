"""Model files that come with this package."""

from __future__ import annotations

import hashlib
from pathlib import Path

from masking.core.errors import ModelFileError

REMEDY = "The installation is damaged: install batch-face-masking again"


def read_carried(path: Path, sha256: str) -> bytes:
    """The content of the file `path`.

    Raises ModelFileError where it is missing or hasn't this SHA-256, in hex digits.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(path, f"can't be read ({error.strerror})", REMEDY) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelFileError(path, f"has SHA-256 {found}, expected {sha256}", REMEDY)
    return content
