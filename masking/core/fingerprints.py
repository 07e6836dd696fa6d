"""One number for many things: what differs in any of them has another fingerprint."""

from __future__ import annotations

import hashlib
import json


def fingerprint(value: object) -> bytes:
    """SHA-256 (32 bytes) of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).digest()
