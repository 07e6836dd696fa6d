"""One name, however its letters are written."""

from __future__ import annotations

import unicodedata


def composed(name: str) -> str:
    """The name in the one form (NFC) of the two in which Unicode writes accents; macOS long wrote the other (NFD)."""
    return unicodedata.normalize("NFC", name)


def same_name(name: str) -> str:
    """Equal for names that some file system takes for one: in capitals or not, composed or not."""
    return composed(composed(name).casefold())
