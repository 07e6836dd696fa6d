"""Whether outputs can be written beside the photos, which is said before the work, not by each image after it."""

from __future__ import annotations

import os
from pathlib import Path

from masking.core.config import Config
from masking.core.errors import ReadOnlyTreeError
from masking.dataset.layout import layout_of
from masking.dataset.tree import PreparedImage, walk


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
        check_access(first.path.parent)


def check_access(folder: Path) -> None:
    """Raise ReadOnlyTreeError where nothing can be written into `folder`.

    By asking the system and not by trying: a dry run leaves nothing, and nor does a run that can't work.
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ReadOnlyTreeError(
            f"{folder} is read-only, but outputs go beside the photos: --set OUTPUT.OUTPUTS=backup (in the "
            "INI: OUTPUTS = backup) writes into OUTPUT_FOLDER alone; or make the folders writable"
        )
