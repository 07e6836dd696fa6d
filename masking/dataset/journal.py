"""OUTPUT_FOLDER/journal: what became of every image, and what it was made from. One process writes it.

An SQLite database with a write-ahead log. SQLite rather than a file format of our own: it survives kill -9 and power
cuts, is read in key order without holding a million entries in memory, and anyone can look into it:

    sqlite3 output/query/journal "SELECT status, count(*) FROM images GROUP BY status"

A write-ahead log usually needs memory that all processes share, which network file systems don't offer; opened for one
process alone (locking_mode=EXCLUSIVE) SQLite keeps that memory to itself and the log works there too. Commits are not
flushed to the disk one by one: after a power cut the last few may be missing, and their images are done again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from masking.errors import LockedError, OutputFolderError, Status
from masking.fingerprint import Recipe
from masking.outcome import FileState, Outcome

FILE_NAME = "journal"
SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE recipes (id INTEGER PRIMARY KEY, settings BLOB NOT NULL, models BLOB NOT NULL, UNIQUE (settings, models));
CREATE TABLE images (
    identity BLOB NOT NULL, video BLOB NOT NULL, image BLOB NOT NULL,
    recipe INTEGER NOT NULL REFERENCES recipes (id),
    status TEXT NOT NULL, reason TEXT NOT NULL, seconds REAL NOT NULL, score REAL, coverage REAL,
    source_sha256 BLOB, source_size INTEGER, source_mtime_ns INTEGER,
    outputs TEXT NOT NULL,
    masked_faces INTEGER NOT NULL, other_faces INTEGER NOT NULL,
    PRIMARY KEY (identity, video, image)
) WITHOUT ROWID;
"""
COLUMNS = 15
COMMIT_SECONDS = 1.0

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


class Journal:
    """The journal of one output folder, open for writing under `recipe`.

    Raises OutputFolderError where it can't be read or written. A damaged journal, or one of another format, is put
    aside as `journal.old`, and every image counts as new; `put_aside` then says why.
    """

    def __init__(self, output_folder: Path, recipe: Recipe) -> None:
        self._path = output_folder / FILE_NAME
        self.put_aside = ""
        try:
            self._connection = self._open()
            self._recipes = {
                number: Recipe(settings, models)
                for number, settings, models in self._connection.execute("SELECT id, settings, models FROM recipes")
            }
            self._recipe = self._number_of(recipe)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        self._committed = time.monotonic()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._connection.commit()
            self._connection.close()
        except sqlite3.Error as fault:
            raise self._failure(fault) from fault

    def records(self, after: Key | None, upto: Key | None) -> Iterator[tuple[Key, Record]]:
        """Records between two keys, the second included, in the tree's order; None: from the first, to the last."""
        conditions: list[str] = []
        values: list[bytes] = []
        for comparison, key in ((">", after), ("<=", upto)):
            if key is not None:
                conditions.append(f"(identity, video, image) {comparison} (?, ?, ?)")
                values.extend(key)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        try:
            query = f"SELECT * FROM images {where} ORDER BY identity, video, image"  # noqa: S608 - no value in it
            for row in self._connection.execute(query, values):
                yield (row[0], row[1], row[2]), Record(_outcome(row), self._recipes[row[3]])
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def write(self, outcomes: Iterable[Outcome]) -> None:
        """Note `outcomes`; they outlive the process after a second at most."""
        rows = [_row(outcome, self._recipe) for outcome in outcomes]
        try:
            marks = ", ".join("?" * COLUMNS)
            self._connection.executemany(f"INSERT OR REPLACE INTO images VALUES ({marks})", rows)  # noqa: S608
            if time.monotonic() - self._committed >= COMMIT_SECONDS:
                self._connection.commit()
                self._committed = time.monotonic()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self._path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            self.put_aside = str(error)
            for suffix in ("-wal", "-shm", ""):
                damaged = self._path.with_name(FILE_NAME + suffix)
                if damaged.exists():
                    damaged.replace(self._path.with_name(f"{FILE_NAME}.old{suffix}"))
            return _connect(self._path)

    def _number_of(self, recipe: Recipe) -> int:
        with self._connection:
            self._connection.execute(
                "INSERT OR IGNORE INTO recipes (settings, models) VALUES (?, ?)", (recipe.settings, recipe.models)
            )
        row = self._connection.execute(
            "SELECT id FROM recipes WHERE settings = ? AND models = ?", (recipe.settings, recipe.models)
        ).fetchone()
        self._recipes[row[0]] = recipe
        return int(row[0])

    def _failure(self, error: sqlite3.Error) -> OutputFolderError | LockedError:
        if "locked" in str(error):
            return LockedError(f"{self._path} is in use by another process; wait for it to finish, or end it")
        return OutputFolderError(f"{self._path} can't be used: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1.0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(f"BEGIN EXCLUSIVE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"it has the format {version}, expected {SCHEMA_VERSION}")


def _row(outcome: Outcome, recipe: int) -> tuple[object, ...]:
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
    )


def _outcome(row: tuple[Any, ...]) -> Outcome:
    identity, video, image, _, status, reason, seconds, score, coverage, *files, masked_faces, other_faces = row
    sha256, size, mtime_ns, outputs = files
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
    )
