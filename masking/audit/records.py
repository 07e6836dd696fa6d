"""What the run noted: outcomes.csv, run.json, and of the journal the SHA-256 of each file that it wrote.

Only to see what is not accounted for: what an overlay shows is judged from the picture alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from masking.core import safe_files
from masking.core.config.options import Folders
from masking.core.errors import ConfigError, EmptyTreeError
from masking.dataset.layout import IDENTITY_VIDEO, Layout, layout_of
from masking.dataset.layout_choice import choose_layout
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.journal import COMPANIONS
from masking.pipeline.journal import FILE_NAME as JOURNAL
from masking.pipeline.journal_rows import Soundness, outcome_of
from masking.pipeline.outcomes_csv import read_outcomes
from masking.pipeline.run_facts import read_run_json


@dataclass(frozen=True)
class Record:
    """What outcomes.csv says of an image."""

    status: Status
    masked_faces: int


@dataclass(frozen=True)
class Records:
    """What a run left in its OUTPUT_FOLDER.

    images: by their path below INPUT_FOLDER. written: SHA-256, hexadecimal, of the outputs by image and location; None
    where there is no journal that can be believed. facts: run.json.
    """

    images: Mapping[Path, Record]
    written: Mapping[Path, Mapping[str, str]] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_records(outcomes_file: Path) -> Records:
    """Raises OSError where outcomes.csv can't be read, ConfigError where it is none."""
    images = {}
    for row in read_outcomes(outcomes_file):
        try:
            record = Record(Status(row["status"]), int(row.get("masked_faces") or 0))
        except ValueError as error:
            raise ConfigError([f"{outcomes_file} says of {row['image']} what no run can have written"]) from error
        images[_path_in(row)] = record
    folder = outcomes_file.parent
    return Records(images, _written(folder), read_run_json(folder))


def _path_in(row: Mapping[str, str]) -> Path:
    """Where below INPUT_FOLDER a line's image is. Earlier versions had no column for it."""
    folder = row["folder"] if "folder" in row else f"{row['identity']}/{row['video']}"
    return Path(folder) / row["image"]


def layout_in(facts: Mapping[str, Any], input_folder: Path) -> Layout:
    """The layout by which a run found its photos; where run.json doesn't say, the one that would be found."""
    configuration = facts.get("configuration")
    named = configuration.get("folders", {}) if isinstance(configuration, dict) else {}
    known = {key: named[key] for key in ("input_layout", "photo_names") if isinstance(named, dict) and key in named}
    try:
        folders = Folders.model_validate({"input_folder": input_folder, "output_folder": input_folder, **known})
        return choose_layout(folders) if folders.input_layout == "auto" else layout_of(folders)
    except (ValidationError, EmptyTreeError):
        return IDENTITY_VIDEO


def writes_backups_only(facts: Mapping[str, Any]) -> bool:
    """Whether a run wrote nothing beside the photos."""
    configuration = facts.get("configuration")
    output = configuration.get("output") if isinstance(configuration, dict) else None
    return isinstance(output, dict) and output.get("outputs") == "backup"


def _written(output_folder: Path) -> Mapping[Path, Mapping[str, str]] | None:
    """From a copy: a run may be at work on the journal itself."""
    if not (output_folder / JOURNAL).is_file():
        return None
    with safe_files.temporary_folder("masking-audit-") as temporary:
        try:
            for companion in COMPANIONS:
                safe_files.copy_file(output_folder / (JOURNAL + companion), temporary / (JOURNAL + companion))
            with closing(sqlite3.connect(temporary / JOURNAL)) as connection:
                recipes = {row[0] for row in connection.execute("SELECT id FROM recipes")}
                connection.row_factory = sqlite3.Row
                rows = [dict(row) for row in connection.execute("SELECT * FROM items")]
        except (OSError, sqlite3.Error):
            return None
    soundness = Soundness(MaskStage())
    if not all(soundness.is_sound_row(row, recipes) for row in rows):
        return None
    written: dict[Path, dict[str, str]] = {}
    for outcome in map(outcome_of, rows):
        outputs = {location: state.sha256.hex() for location, state in outcome.outputs.items()}
        # Of a loose image only the name counts; of those of one name, only one has outputs.
        relative = Path(outcome.identity, outcome.video, outcome.name) if outcome.identity else Path(outcome.name)
        written.setdefault(relative, {}).update(outputs)
    return written
