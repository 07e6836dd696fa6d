"""Whether outputs can be written beside the photos, which is told before the work and not by each image after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from masking.core.config import Config
from masking.core.errors import ReadOnlyTreeError
from masking.dataset.layout import layout_of
from masking.dataset.tree import PreparedImage, walk

T = TypeVar("T")


def where_else(config: Config) -> str:
    """For people: where outputs go besides OUTPUT_FOLDER."""
    return " alone" if config.output.outputs == "backup" else ", and beside each image"


def check_before_the_work(config: Config) -> None:
    """Raise ReadOnlyTreeError where nothing can be written beside the first photo, and no run has been there before:
    what an earlier one did may need no writing.
    """
    folders = config.folders
    if config.output.outputs == "backup" or os.path.lexists(folders.output_folder / "journal"):
        return
    entries = walk(folders.input_folder, layout_of(folders))
    first = next((entry for entry in entries if isinstance(entry, PreparedImage)), None)
    if first is not None:
        _check(first.path.parent)


def checked_once(config: Config, items: Iterator[T]) -> Iterator[T]:
    """`items`, whose first image that is to be masked lies in a folder that can be written to.

    Raises ReadOnlyTreeError where it doesn't. Later ones fail by themselves.
    """
    is_checked = config.output.outputs == "backup"
    for item in items:
        if isinstance(item, PreparedImage) and not is_checked:
            _check(item.path.parent)
            is_checked = True
        yield item


def _check(folder: Path) -> None:
    """By asking the system and not by trying: a dry run leaves nothing, and nor does a run that can't work."""
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ReadOnlyTreeError(
            f"{folder} can only be read, and outputs go beside the photos: --set OUTPUT.OUTPUTS=backup (in the "
            "INI: OUTPUTS = backup) writes into OUTPUT_FOLDER alone; else make the folders writable"
        )
