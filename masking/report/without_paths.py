"""Text for a report that is to be handed on: nothing in it says where on whose machine the folders were."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ABSOLUTE = re.compile(r"(?<![\w.~:/\\-])(?:~|/)(?:[^/\0\s'\",;()]+/)+")
"""The folders of an absolute path, up to its last name."""


class WithoutPaths:
    """Takes absolute paths out of texts. `folders`: names by the folders that they stand for."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        known = {
            spelling: name
            for name, folder in folders.items()
            for spelling in (str(folder), os.path.realpath(folder), os.path.abspath(folder))  # noqa: PTH100
        }
        self._known = sorted(known.items(), key=lambda item: -len(item[0]))

    def text(self, text: str) -> str:
        """`text` with the known folders by their names, and of every other absolute path its last part only."""
        for folder, name in self._known:
            if folder.startswith("/") and len(folder) > 1:
                text = text.replace(folder, name)
        return _ABSOLUTE.sub("", text)

    def value(self, value: Any) -> Any:
        """`value`, which JSON can hold, with all texts in it treated so."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(part) for part in value]
        return value
