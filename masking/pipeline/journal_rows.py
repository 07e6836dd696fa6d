"""What is in the journal: tables and rows, made from outcomes and read again with distrust.

A journal may come from anywhere: half written, edited by hand, or made to mislead. A row counts only if each of its
values is one that `row_of` can have written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masking.core.file_state import FileState
from masking.pipeline.outcome import Outcome
from masking.pipeline.recipe import Recipe
from masking.pipeline.stage import Stage

SCHEMA_VERSION = 5
TABLES = {
    "recipes": """CREATE TABLE recipes (
    id INTEGER PRIMARY KEY, settings BLOB NOT NULL, models BLOB NOT NULL, code TEXT NOT NULL,
    UNIQUE (settings, models, code)
)""",
    "items": """CREATE TABLE items (
    identity BLOB NOT NULL, video BLOB NOT NULL, name BLOB NOT NULL,
    recipe INTEGER NOT NULL REFERENCES recipes (id),
    status TEXT NOT NULL, reason TEXT NOT NULL,
    seconds REAL NOT NULL, step_seconds TEXT NOT NULL,
    source_sha256 BLOB, source_size INTEGER, source_mtime_ns INTEGER,
    outputs TEXT NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY (identity, video, name)
) WITHOUT ROWID""",
    "owned": """CREATE TABLE owned (
    identity BLOB NOT NULL, video BLOB NOT NULL, name BLOB NOT NULL, locations TEXT NOT NULL,
    PRIMARY KEY (identity, video, name)
) WITHOUT ROWID""",
}
"""items: what became of each. owned: of items that are in hand, or went wrong, the locations at which everything
that is there is this program's."""
COLUMNS = (
    "identity", "video", "name", "recipe", "status", "reason", "seconds", "step_seconds",
    "source_sha256", "source_size", "source_mtime_ns", "outputs", "details",
)  # fmt: skip
"""Of the table `items`."""
NO_NAMES = frozenset({b"", b".", b".."})
ONE_OUTPUT = r'\["[^"\\]+", "[0-9a-f]{64}", [0-9]{1,18}, -?[0-9]{1,19}\]'
OUTPUTS = re.compile(rf"\[(?:{ONE_OUTPUT}(?:, {ONE_OUTPUT})*)?\]")
ONE_STEP = r'"[a-z_]{1,40}": [0-9.e-]{1,30}'
STEPS = re.compile(rf"\{{(?:{ONE_STEP}(?:, {ONE_STEP})*)?\}}")
LONGEST_DETAILS = 10_000

Key = tuple[bytes, bytes, bytes]
"""identity, video, name: bytes as the file system has them, which sort as the tree is walked."""
Row = Mapping[str, Any]
"""A row of the table `items`, by column."""


@dataclass(frozen=True)
class Record:
    """An outcome in the journal. recipe: what the item was done by."""

    outcome: Outcome
    recipe: Recipe


def key_of(identity: str, video: str, name: str) -> Key:
    """Where an item is in the journal."""
    return os.fsencode(identity), os.fsencode(video), os.fsencode(name)


def row_of(outcome: Outcome, recipe: int) -> dict[str, object]:
    """The row of the table `items` for `outcome`."""
    source = outcome.source
    identity, video, name = key_of(outcome.identity, outcome.video, outcome.name)
    return {
        "identity": identity,
        "video": video,
        "name": name,
        "recipe": recipe,
        "status": str(outcome.status),
        "reason": outcome.reason.encode("utf-8", "backslashreplace").decode("utf-8"),
        "seconds": outcome.seconds,
        "step_seconds": json.dumps({step: round(seconds, 6) for step, seconds in outcome.step_seconds.items()}),
        "source_sha256": source and source.sha256,
        "source_size": source and source.size,
        "source_mtime_ns": source and source.mtime_ns,
        "outputs": json.dumps([(at, s.sha256.hex(), s.size, s.mtime_ns) for at, s in outcome.outputs.items()]),
        "details": json.dumps(dict(outcome.details), allow_nan=False),
    }


class Soundness:
    """Distinguishes rows that `stage` can have written from others."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._statuses = frozenset(map(str, stage.statuses))
        self._locations = frozenset(stage.locations)

    def is_sound_row(self, row: Row, recipes: Collection[int]) -> bool:
        """Whether `row_of` can have made this row of the table `items`."""
        return (
            is_sound_key((row["identity"], row["video"], row["name"]))
            and row["recipe"] in recipes
            and row["status"] in self._statuses
            and type(row["reason"]) is str
            and type(row["seconds"]) is float
            and type(row["step_seconds"]) is str
            and STEPS.fullmatch(row["step_seconds"]) is not None
            and _is_sound_source(row["source_sha256"], row["source_size"], row["source_mtime_ns"])
            and self._are_sound_outputs(row["outputs"])
            and self._are_sound_details(row["details"])
        )

    def owned_locations(self, text: Any) -> frozenset[str] | None:
        """The column `locations` of the table `owned`; None where it isn't sound."""
        try:
            locations = json.loads(text)
            sound = isinstance(locations, list) and self._locations >= set(locations)
        except (ValueError, TypeError):
            return None
        return frozenset(locations) if sound else None

    def locations_in(self, outputs: Any) -> list[str]:
        """The locations in the column `outputs` of any journal; none where it is not understood."""
        try:
            return [location for location, *_ in json.loads(outputs) if location in self._locations]
        except (ValueError, TypeError):
            return []

    def _are_sound_outputs(self, outputs: Any) -> bool:
        # A pattern is four times as fast as JSON, and all rows are checked before the first item.
        if type(outputs) is not str or OUTPUTS.fullmatch(outputs) is None:
            return False
        locations = [part[2:] for part in re.findall(r'\["[^"]+', outputs)]
        return len(locations) == len(set(locations)) and self._locations >= set(locations)

    def _are_sound_details(self, details: Any) -> bool:
        if type(details) is not str or len(details) > LONGEST_DETAILS:
            return False
        try:
            parsed = json.loads(details)
        except (ValueError, RecursionError):
            return False
        return isinstance(parsed, dict) and self._stage.are_sound(parsed)


def is_sound_key(key: tuple[Any, ...]) -> bool:
    """Whether an item may have this key: three names of the file system. A tree may have no videos, or neither
    identities nor videos; of a loose item the second says which folder it was in.
    """
    if not all(type(part) is bytes and b"/" not in part and b"\0" not in part for part in key):
        return False
    *folders, name = key
    return name not in NO_NAMES and not {b".", b".."} & set(folders)


def _is_sound_source(sha256: Any, size: Any, mtime_ns: Any) -> bool:
    if sha256 is None:
        return size is None and mtime_ns is None
    return type(sha256) is bytes and len(sha256) == 32 and type(size) is type(mtime_ns) is int and size >= 0


def outcome_of(row: Row) -> Outcome:
    """The outcome in a sound `row`."""
    sha256 = row["source_sha256"]
    return Outcome(
        identity=os.fsdecode(row["identity"]),
        video=os.fsdecode(row["video"]),
        name=os.fsdecode(row["name"]),
        status=row["status"],
        reason=row["reason"],
        seconds=row["seconds"],
        step_seconds=json.loads(row["step_seconds"]),
        source=None if sha256 is None else FileState(sha256, row["source_size"], row["source_mtime_ns"]),
        outputs={
            location: FileState(bytes.fromhex(digest), length, modified)
            for location, digest, length, modified in json.loads(row["outputs"])
        },
        details=json.loads(row["details"]),
        recorded=True,
    )


def locations_text(locations: Iterable[str]) -> str:
    """The column `locations` of the table `owned`."""
    return json.dumps(sorted(locations))


def code_text(recipe: Recipe) -> str:
    """The column `code` of the table `recipes`."""
    return json.dumps(dict(recipe.code), sort_keys=True)


def recipe_of(settings: Any, models: Any, code: Any) -> Recipe | None:
    """The recipe of a row of the table `recipes`; None where it isn't sound."""
    try:
        parts = json.loads(code)
    except (ValueError, TypeError):
        return None
    if type(settings) is not bytes or type(models) is not bytes or not isinstance(parts, Mapping):
        return None
    return Recipe(settings, models, dict(parts)) if all(type(part) is str for part in parts.values()) else None
