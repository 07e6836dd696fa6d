"""Query and database may name one OUTPUT_FOLDER, as the original's INI files do, and are kept apart all the same."""

from __future__ import annotations

from collections.abc import Iterator

from masking.core.config import Config
from masking.core.printable import printable
from masking.dataset.outputs import ALL_KINDS, AS_THE_ORIGINAL
from masking.pipeline.output_folder import folder_for, holds_another_tree

BACKUP_FOLDERS = frozenset(kind.backup_folder for kind in (*ALL_KINDS, *AS_THE_ORIGINAL.values()))
"""Names that a folder in OUTPUT_FOLDER may have as one of the backup's."""


def with_folder_of_its_own(config: Config) -> Config:
    """`config` with a folder in OUTPUT_FOLDER in its place, where OUTPUT_FOLDER holds the masks of another tree."""
    folders = config.folders
    output_folder = folder_for(folders.output_folder, folders.input_folder, BACKUP_FOLDERS)
    if output_folder == folders.output_folder:
        return config
    return config.model_copy(update={"folders": folders.model_copy(update={"output_folder": output_folder})})


def why_apart(config: Config) -> Iterator[str]:
    """A line where the masks go into a folder in that of another tree's."""
    output_folder, input_folder = config.folders.output_folder, config.folders.input_folder
    if holds_another_tree(output_folder.parent, input_folder):
        yield (
            f"{printable(output_folder.parent)} holds the masks of another tree; those of {printable(input_folder)} go "
            f"into {printable(output_folder)}"
        )
