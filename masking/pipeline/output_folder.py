"""OUTPUT_FOLDER as a whole: one tree's results, and no other's."""

from __future__ import annotations

import json
import os
from pathlib import Path

from masking.core import safe_files
from masking.core.errors import ConfigError, OutputFolderError
from masking.core.unicode_names import composed

OWNER_FILE = "input_folder.json"
MAX_BYTES = 100_000


def make_output_folder(output_folder: Path) -> None:
    """Make `output_folder` where it is missing. Raises OutputFolderError."""
    try:
        safe_files.make_folders(output_folder)
    except OSError as error:
        raise OutputFolderError(f"OUTPUT_FOLDER {output_folder} can't be written: {error.strerror}") from error


def take_output_folder(output_folder: Path, input_folder: Path) -> None:
    """Make `output_folder` where it is missing, and note in it that it belongs to `input_folder`.

    Query and database may hold images of the same identity, video and name; in one output folder the second run would
    overwrite the first one's backup and outcomes. Raises ConfigError where the folder belongs to another input folder,
    OutputFolderError where it can't be written.
    """
    owner_file = output_folder / OWNER_FILE
    owner = os.path.realpath(input_folder)
    make_output_folder(output_folder)
    try:
        if os.path.lexists(owner_file):
            previous = _read_owner(owner_file)
            if composed(previous) != composed(owner):
                raise ConfigError(
                    [
                        f"OUTPUT_FOLDER {output_folder} holds the results of {previous}, and INPUT_FOLDER is {owner}; "
                        "choose an output folder of its own (output/{INPUT_NAME} gives each input folder "
                        "one), or delete "
                        f"{owner_file} if the input folder has only moved"
                    ]
                )
            return
        safe_files.write_whole(owner_file, json.dumps({"input_folder": owner}) + "\n")
    except OSError as error:
        raise OutputFolderError(
            f"OUTPUT_FOLDER {output_folder} can't be written: {error.strerror}: {error.filename}"
        ) from error


def belongs_to(output_folder: Path, input_folder: Path) -> bool:
    """Whether `output_folder` holds the results of `input_folder`."""
    try:
        return composed(_read_owner(output_folder / OWNER_FILE)) == composed(os.path.realpath(input_folder))
    except OSError:
        return False


def _read_owner(owner_file: Path) -> str:
    content = safe_files.read_bytes(owner_file, MAX_BYTES)
    try:
        return str(json.loads(content)["input_folder"])
    except (ValueError, KeyError, TypeError):
        return f"an unknown folder ({owner_file} is damaged)"
