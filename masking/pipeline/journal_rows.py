"""What stands in the journal: tables and rows, made from outcomes and taken apart again with every doubt.

A journal may come from anywhere: half written, mended by hand, or made to mislead. A row counts only if each of its
values is one that `row_of` can have written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from masking.core.errors import Status
from masking.core.fingerprints import Recipe
from masking.dataset.outputs import KIND_AT
from masking.pipeline.outcome import MISSED_BOUND, FileState, Outcome

SCHEMA_VERSION = 4
TABLES = {
    "recipes": """CREATE TABLE recipes (
    id INTEGER PRIMARY KEY, settings BLOB NOT NULL, models BLOB NOT NULL, code TEXT NOT NULL,
    UNIQUE (settings, models, code)
)""",
    "images": """CREATE TABLE images (
    identity BLOB NOT NULL, video BLOB NOT NULL, image BLOB NOT NULL,
    recipe INTEGER NOT NULL REFERENCES recipes (id),
    status TEXT NOT NULL, reason TEXT NOT NULL, seconds REAL NOT NULL, score REAL, coverage REAL,
    source_sha256 BLOB, source_size INTEGER, source_mtime_ns INTEGER,
    outputs TEXT NOT NULL,
    masked_faces INTEGER NOT NULL, other_faces INTEGER NOT NULL,
    detector_score REAL, candidates INTEGER NOT NULL, missed TEXT NOT NULL,
    PRIMARY KEY (identity, video, image)
) WITHOUT ROWID""",
    "owned": """CREATE TABLE owned (
    identity BLOB NOT NULL, video BLOB NOT NULL, image BLOB NOT NULL, places TEXT NOT NULL,
    PRIMARY KEY (identity, video, image)
) WITHOUT ROWID""",
}
"""images: what became of each. owned: of images that are in hand, or went wrong, the places at which everything that
stands there is this program's."""
COLUMNS = 18
NO_NAMES = frozenset({b"", b".", b".."})
STATUSES = frozenset(status.value for status in Status)
ONE_OUTPUT = r'\["[^"\\]+", "[0-9a-f]{64}", [0-9]{1,18}, -?[0-9]{1,19}\]'
OUTPUTS = re.compile(rf"\[(?:{ONE_OUTPUT}(?:, {ONE_OUTPUT})*)?\]")

Key = tuple[bytes, bytes, bytes]
"""identity, video, image: bytes as the file system has them, which sort as the tree is walked."""


@dataclass(frozen=True)
class Record:
    """An outcome in the journal. recipe: what the image was masked by."""

    outcome: Outcome
    recipe: Recipe


def key_of(identity: str, video: str, image: str) -> Key:
    """Where an image stands in the journal."""
    return os.fsencode(identity), os.fsencode(video), os.fsencode(image)


def row_of(outcome: Outcome, recipe: int) -> tuple[object, ...]:
    """The row of the table `images` that tells of `outcome`."""
    source = outcome.source
    return (
        *key_of(outcome.identity, outcome.video, outcome.image),
        recipe,
        outcome.status.value,
        outcome.reason.encode("utf-8", "backslashreplace").decode("utf-8"),
        outcome.seconds,
        outcome.score,
        outcome.coverage,
        source and source.sha256,
        source and source.size,
        source and source.mtime_ns,
        json.dumps([(p, state.sha256.hex(), state.size, state.mtime_ns) for p, state in outcome.outputs.items()]),
        outcome.masked_faces,
        outcome.other_faces,
        outcome.detector_score,
        outcome.candidates,
        outcome.missed,
    )


def is_sound_row(row: tuple[Any, ...], recipes: Collection[int]) -> bool:
    """Whether `row_of` can have made this row of the table `images`."""
    identity, video, image, recipe, status, reason, seconds, score, coverage, *rest = row
    sha256, size, mtime_ns, outputs, masked_faces, other_faces, detector_score, candidates, missed = rest
    return (
        is_sound_key((identity, video, image))
        and recipe in recipes
        and status in STATUSES
        and type(reason) is str
        and type(seconds) is float
        and (score is None or type(score) is float)
        and (coverage is None or type(coverage) is float)
        and _is_sound_source(sha256, size, mtime_ns)
        and _are_sound_outputs(outputs)
        and type(masked_faces) is type(other_faces) is type(candidates) is int
        and min(masked_faces, other_faces, candidates) >= 0
        and (detector_score is None or type(detector_score) is float)
        and type(missed) is str
        and (missed == "" or MISSED_BOUND.fullmatch(missed) is not None)
    )


def is_sound_key(key: tuple[Any, ...]) -> bool:
    """Whether an image may have this place: three names of the file system. A layout may have no videos, or neither
    identities nor videos; of a loose image the second says which folder it lay in.
    """
    if not all(type(part) is bytes and b"/" not in part and b"\0" not in part for part in key):
        return False
    *folders, image = key
    return image not in NO_NAMES and not {b".", b".."} & set(folders)


def _is_sound_source(sha256: Any, size: Any, mtime_ns: Any) -> bool:
    if sha256 is None:
        return size is None and mtime_ns is None
    return type(sha256) is bytes and len(sha256) == 32 and type(size) is type(mtime_ns) is int and size >= 0


def _are_sound_outputs(outputs: Any) -> bool:
    # A pattern is four times as fast as JSON, and all rows are looked at before the first image.
    return type(outputs) is str and OUTPUTS.fullmatch(outputs) is not None and _are_places(outputs)


def _are_places(outputs: str) -> bool:
    places = [part[2:] for part in re.findall(r'\["[^"]+', outputs)]
    return len(places) == len(set(places)) and KIND_AT.keys() >= set(places)


def outcome_of(row: tuple[Any, ...]) -> Outcome:
    """The outcome that a sound `row` tells of."""
    identity, video, image, _, status, reason, seconds, score, coverage, *rest = row
    sha256, size, mtime_ns, outputs, masked_faces, other_faces, detector_score, candidates, missed = rest
    return Outcome(
        identity=os.fsdecode(identity),
        video=os.fsdecode(video),
        image=os.fsdecode(image),
        status=Status(status),
        reason=reason,
        seconds=seconds,
        score=score,
        coverage=coverage,
        source=None if sha256 is None else FileState(sha256, size, mtime_ns),
        outputs={
            place: FileState(bytes.fromhex(digest), length, modified)
            for place, digest, length, modified in json.loads(outputs)
        },
        recorded=True,
        masked_faces=masked_faces,
        other_faces=other_faces,
        detector_score=detector_score,
        candidates=candidates,
        missed=missed,
    )


def places_in(outputs: Any) -> list[str]:
    """The places in the column `outputs` of whatever journal; none where it is not understood."""
    try:
        return [place for place, *_ in json.loads(outputs) if place in KIND_AT]
    except (ValueError, TypeError):
        return []


def text_of_places(places: Iterable[str]) -> str:
    """The column `places` of the table `owned`."""
    return json.dumps(sorted(places))


def owned_places(text: Any) -> frozenset[str] | None:
    """The places in the column `places`; None where it isn't sound."""
    try:
        places = json.loads(text)
        return frozenset(places) if isinstance(places, list) and KIND_AT.keys() >= set(places) else None
    except (ValueError, TypeError):
        return None


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
