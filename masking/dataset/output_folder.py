"""OUTPUT_FOLDER as a whole: one tree's results, and no other's."""

from __future__ import annotations

import json
import os
from pathlib import Path

from masking.errors import ConfigError, OutputFolderError

OWNER_FILE = "input_folder.json"


def claim_output_folder(output_folder: Path, input_folder: Path) -> None:
    """Make `output_folder` where it is missing, and note in it that it belongs to `input_folder`.

    Query and database may hold images of the same identity, video and name; in one output folder the second run would
    overwrite the first one's backup and outcomes. Raises ConfigError where the folder belongs to another input folder,
    OutputFolderError where it can't be written.
    """
    owner_file = output_folder / OWNER_FILE
    owner = os.path.realpath(input_folder)
    try:
        output_folder.mkdir(parents=True, exist_ok=True)
        if owner_file.exists():
            previous = _read_owner(owner_file)
            if previous != owner:
                raise ConfigError(
                    [
                        f"OUTPUT_FOLDER {output_folder} holds the results of {previous}, and INPUT_FOLDER is {owner}; "
                        "choose an output folder of its own, as output/{INPUT_NAME} gives each input folder, or delete "
                        f"{owner_file} if the input folder has only moved"
                    ]
                )
            return
        temporary = owner_file.with_suffix(".tmp")
        temporary.write_text(json.dumps({"input_folder": owner}) + "\n", encoding="utf-8")
        temporary.replace(owner_file)
    except OSError as error:
        raise OutputFolderError(f"OUTPUT_FOLDER {output_folder} can't be written: {error.strerror}") from error


def _read_owner(owner_file: Path) -> str:
    try:
        return str(json.loads(owner_file.read_text(encoding="utf-8"))["input_folder"])
    except (ValueError, KeyError, TypeError):
        return f"an unknown folder ({owner_file} is damaged)"
