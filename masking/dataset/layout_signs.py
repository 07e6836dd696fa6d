"""What the names and locations of files say about a tree's layout."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from masking.core.config.options import Folders
from masking.dataset.names import is_dropping

MAX_FILES = 100_000
"""Files that are examined before a verdict."""
SETS = frozenset({"query", "database", "gallery", "probe", "train", "test", "val", "validation"})
"""Names of folders that each hold a whole tree, and are not an identity's."""


def ways_of_naming(folders: Folders) -> tuple[bool, ...]:
    """The values of Layout.prepared_only that PHOTO_NAMES allows, the more careful one first."""
    return {"prep": (True,), "all": (False,)}.get(folders.photo_names, (True, False))


def belongs_to(photo: str, identity: str) -> bool:
    """Whether the name of a photo says that it is of `identity`: they are often named <identity>_<frame>."""
    return bool(identity) and photo.startswith(f"{identity}_")


def files_below(folder: Path) -> list[Path]:
    """Files below `folder`, relative to it, as many as are examined before a verdict."""
    return list(islice(_files(folder), MAX_FILES))


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_dropping(name))
        for name in sorted(name for name in names if not is_dropping(name)):
            yield Path(parent, name).relative_to(folder)
