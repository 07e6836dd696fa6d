"""OUTPUT_FOLDER/journal: what became of every item, and what it was made from. One process writes it.

An SQLite database with a write-ahead log. SQLite rather than a file format of our own: it survives kill -9 and power
cuts, is read in key order without holding a million entries in memory, and anyone can look into it:

    sqlite3 output/query/journal "SELECT status, count(*) FROM items GROUP BY status"

A write-ahead log usually needs memory that all processes share, which network file systems don't offer; opened for one
process alone (locking_mode=EXCLUSIVE) SQLite keeps that memory to itself and the log works there too. Commits are not
flushed to the disk one by one: after a power cut the last few may be missing, and their items are done again.

Each row is checked before the first is believed. A journal with one that isn't sound is put aside as a whole.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType

from masking.core import safe_files
from masking.core.errors import LockedError, OutputFolderError
from masking.core.printable import printable
from masking.pipeline.journal_rows import (
    COLUMNS,
    SCHEMA_VERSION,
    TABLES,
    Key,
    Record,
    Soundness,
    code_text,
    is_sound_key,
    key_of,
    locations_text,
    outcome_of,
    recipe_of,
    row_of,
)
from masking.pipeline.outcome import FAILED, Outcome
from masking.pipeline.recipe import Recipe, why_again
from masking.pipeline.stage import Stage

__all__ = ["FILE_NAME", "Journal", "Key", "Record", "key_of"]

FILE_NAME = "journal"
COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to a database's name for the files that it keeps beside it."""
ASIDE = f"{FILE_NAME}.old"
COMMIT_SECONDS = 1.0
NOT_THE_CONTENTS = ("unable to open", "readonly", "read-only", "disk i/o", "is full", "out of memory", "permission")
"""What SQLite says where not the journal's contents are at fault, but the disk or the system."""


class UnsoundJournalError(sqlite3.DatabaseError):
    """The journal holds something that no run has written."""


class Journal:
    """The journal of what `stage` did into one output folder, open for writing under `recipe`.

    Raises OutputFolderError where it can't be read or written. One that is damaged, not wholly sound or of another
    format is put aside as `journal.old`, and every item counts as new; `put_aside` then says why. What it says of
    files that this program wrote is kept.

    earlier_recipes: how many items were done by each recipe that isn't this one.
    """

    def __init__(self, output_folder: Path, stage: Stage, recipe: Recipe) -> None:
        self._path = output_folder / FILE_NAME
        self._words = stage.words
        self._soundness = Soundness(stage)
        self.put_aside = ""
        self.earlier_recipes: list[tuple[Recipe, int]] = []
        try:
            for companion in COMPANIONS:
                safe_files.check_plain_or_missing(self._path.with_name(FILE_NAME + companion))
            self._connection = self._open()
            self._recipe = self._number_of(recipe)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        except OSError as error:
            raise OutputFolderError(f"{error.filename}: {error.strerror}") from error
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

    def news(self) -> Iterator[str]:
        """Lines for whoever runs it: what it can't go on from, and why items are done again."""
        if self.put_aside:
            yield (
                f"The journal was unusable ({printable(self.put_aside)}); it is kept as {ASIDE}, and every "
                f"{self._words.item} is done again"
            )
        for recipe, count in self.earlier_recipes:
            why = why_again(recipe, self._recipes[self._recipe])
            yield f"Done again:    {count:,} {self._words.items}, because {why}"

    def records(self, after: Key | None, upto: Key | None) -> Iterator[tuple[Key, Record]]:
        """Records between two keys, the second included, in the tree's order; None: from the first, to the last."""
        for row in self._rows("items", after, upto):
            yield _key_in(row), Record(outcome_of(dict(row)), self._recipes[row["recipe"]])

    def owned(self, after: Key | None, upto: Key | None) -> Iterator[tuple[Key, frozenset[str]]]:
        """Items between two keys that were begun and not finished well, and the locations at which nothing but this
        program's files can stand.
        """
        for row in self._rows("owned", after, upto):
            yield _key_in(row), self._soundness.owned_locations(row["locations"]) or frozenset()

    def _rows(self, table: str, after: Key | None, upto: Key | None) -> Iterator[sqlite3.Row]:
        conditions: list[str] = []
        values: list[bytes] = []
        for comparison, key in ((">", after), ("<=", upto)):
            if key is not None:
                conditions.append(f"(identity, video, name) {comparison} (?, ?, ?)")
                values.extend(key)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        try:
            query = f"SELECT * FROM {table} {where} ORDER BY identity, video, name"  # noqa: S608 - no value in it
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def begin(self, items: Iterable[tuple[Key, Collection[str]]]) -> None:
        """Note, before these items are begun, at which locations everything from now on is this program's. It is there
        after the process has been killed at whatever moment.
        """
        rows = [(*key, locations_text(locations)) for key, locations in items]
        try:
            self._connection.executemany("INSERT OR REPLACE INTO owned VALUES (?, ?, ?, ?)", rows)
            self._commit()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def write(self, outcomes: Iterable[Outcome]) -> None:
        """Note `outcomes`; they outlive the process after a second at most."""
        outcomes = list(outcomes)
        finished = [
            key_of(outcome.identity, outcome.video, outcome.name) for outcome in outcomes if outcome.status != FAILED
        ]
        try:
            named = ", ".join(f":{column}" for column in COLUMNS)
            self._connection.executemany(
                f"INSERT OR REPLACE INTO items ({', '.join(COLUMNS)}) VALUES ({named})",  # noqa: S608
                [row_of(outcome, self._recipe) for outcome in outcomes],
            )
            self._connection.executemany("DELETE FROM owned WHERE (identity, video, name) = (?, ?, ?)", finished)
            if time.monotonic() - self._committed >= COMMIT_SECONDS:
                self._commit()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _commit(self) -> None:
        self._connection.commit()
        self._committed = time.monotonic()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._checked(_connect(self._path))
        except sqlite3.DatabaseError as error:
            if _is_locked(error) or any(words in str(error).lower() for words in NOT_THE_CONTENTS):
                raise
            self.put_aside = str(error)
            for companion in COMPANIONS:
                aside = self._path.with_name(ASIDE + companion)
                safe_files.remove(aside)
                with suppress(FileNotFoundError):
                    safe_files.rename(self._path.with_name(FILE_NAME + companion), aside)
            self.earlier_recipes = []
            connection = self._checked(_connect(self._path))
            connection.executemany(
                "INSERT OR REPLACE INTO owned VALUES (?, ?, ?, ?)",
                _ownership_in(self._path.with_name(ASIDE), self._soundness),
            )
            connection.commit()
            return connection

    def _checked(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """The connection of a journal of which everything is sound. Raises UnsoundJournalError or another."""
        try:
            _check_whole(connection)
            self._recipes = _sound_recipes(connection)
            items = _sound_items(connection, self._recipes, self._soundness)
            _check_owned(connection, self._soundness)
        except BaseException:
            connection.close()
            raise
        self.earlier_recipes = [(self._recipes[number], count) for number, count in sorted(items.items())]
        return connection

    def _number_of(self, recipe: Recipe) -> int:
        values = (recipe.settings, recipe.models, code_text(recipe))
        with self._connection:
            self._connection.execute("INSERT OR IGNORE INTO recipes (settings, models, code) VALUES (?, ?, ?)", values)
        (number,) = self._connection.execute(
            "SELECT id FROM recipes WHERE (settings, models, code) = (?, ?, ?)", values
        ).fetchone()
        self._recipes[number] = recipe
        self.earlier_recipes = [(other, count) for other, count in self.earlier_recipes if other != recipe]
        return int(number)

    def _failure(self, error: sqlite3.Error) -> OutputFolderError | LockedError:
        if _is_locked(error):
            return LockedError(f"{self._path} is in use by another process; wait for it to finish, or end it")
        return OutputFolderError(f"{self._path} can't be used: {error}")


def _is_locked(error: sqlite3.Error) -> bool:
    return "locked" in str(error) or "busy" in str(error)


def _key_in(row: sqlite3.Row) -> Key:
    return row["identity"], row["video"], row["name"]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1.0)
    connection.row_factory = sqlite3.Row
    try:
        # Between the look at the name and its use nobody must have put a link there.
        safe_files.check_plain_or_missing(path)
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "journal_mode = WAL",
            "synchronous = NORMAL",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0 and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        tables = "; ".join(TABLES.values())
        connection.executescript(f"BEGIN EXCLUSIVE; {tables}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise UnsoundJournalError(f"it has the format {version}, expected {SCHEMA_VERSION}")


def _check_whole(connection: sqlite3.Connection) -> None:
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"))
    if found != TABLES:
        raise UnsoundJournalError("it doesn't have the tables that it should have")
    # As one text: the next row would only come once all of the journal has been read again.
    (fault,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if fault != "ok":
        raise UnsoundJournalError(str(fault).splitlines()[0])


def _sound_recipes(connection: sqlite3.Connection) -> dict[int, Recipe]:
    recipes = {}
    for number, *parts in connection.execute("SELECT id, settings, models, code FROM recipes"):
        recipe = recipe_of(*parts)
        if recipe is None:
            raise UnsoundJournalError("one of its recipes is invalid")
        recipes[int(number)] = recipe
    return recipes


def _sound_items(connection: sqlite3.Connection, recipes: Collection[int], soundness: Soundness) -> Counter[int]:
    """How many items each recipe has."""
    items = Counter[int]()
    for row in connection.execute("SELECT * FROM items"):
        if not soundness.is_sound_row(row, recipes):
            raise UnsoundJournalError(f"it says of {row['name']!r} what no run can have written")
        items[row["recipe"]] += 1
    return items


def _check_owned(connection: sqlite3.Connection, soundness: Soundness) -> None:
    for *key, locations in connection.execute("SELECT * FROM owned"):
        if not is_sound_key(tuple(key)) or soundness.owned_locations(locations) is None:
            raise UnsoundJournalError("it says of files whose they are what no run can have written")


def _ownership_in(aside: Path, soundness: Soundness) -> list[tuple[object, ...]]:
    """Rows for the table `owned` from a journal that was put aside, of whatever format: which files it says a run
    wrote. As far as it can be read, from its beginning and from its end.
    """
    found: dict[tuple[object, ...], set[str]] = {}
    try:
        connection = sqlite3.connect(aside, timeout=1.0)
    except sqlite3.Error:
        return []
    with closing(connection):
        for query in (
            "SELECT identity, video, name, outputs FROM items ORDER BY 1, 2, 3",
            "SELECT identity, video, name, outputs FROM items ORDER BY 1 DESC, 2 DESC, 3 DESC",
            "SELECT identity, video, name, locations FROM owned",
            # Until version 0.2.0.
            "SELECT identity, video, image, outputs FROM images ORDER BY 1, 2, 3",
            "SELECT identity, video, image, outputs FROM images ORDER BY 1 DESC, 2 DESC, 3 DESC",
            "SELECT identity, video, image, places FROM owned",
        ):
            with suppress(sqlite3.Error):
                for *key, text in connection.execute(query):
                    if is_sound_key(tuple(key)):
                        locations = soundness.owned_locations(text) or soundness.locations_in(text)
                        found.setdefault(tuple(key), set()).update(locations)
    return [(*key, locations_text(locations)) for key, locations in found.items() if locations]
