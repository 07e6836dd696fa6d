"""What is written to the journal outlives the process, and it never mistakes one thing for another."""

from __future__ import annotations

import dataclasses
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import LockedError, OutputFolderError
from masking.core.file_state import FileState
from masking.masks.details import MaskDetails
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.journal import FILE_NAME, Journal, key_of
from masking.pipeline.outcome import Outcome
from masking.pipeline.recipe import Recipe

STAGE = MaskStage()
RECIPE = Recipe(b"settings", b"models")
STATE = FileState(b"\1" * 32, 5, 1_700_000_000_123_456_789)
MASKED = Outcome(
    "Ada",
    "1",
    "a_prep.png",
    Status.MASKED.value,
    seconds=0.25,
    step_seconds={"read": 0.125},
    source=STATE,
    outputs={"images/*_overlay.png": STATE},
    details=MaskDetails(score=0.75, coverage=0.5).mapping,
)


def all_records(folder: Path, recipe: Recipe = RECIPE) -> list[Outcome]:
    with Journal(folder, STAGE, recipe) as journal:
        return [record.outcome for _, record in journal.records(None, None)]


def test_an_outcome_comes_back_as_it_was_and_says_that_it_is_recorded(tmp_path: Path) -> None:
    with Journal(tmp_path, STAGE, RECIPE) as journal:
        journal.write([MASKED])
    assert all_records(tmp_path) == [dataclasses.replace(MASKED, recorded=True)]


def test_each_outcome_keeps_the_recipe_that_it_was_made_by(tmp_path: Path) -> None:
    other = Recipe(b"other settings", b"models")
    with Journal(tmp_path, STAGE, RECIPE) as journal:
        journal.write([MASKED])
    with Journal(tmp_path, STAGE, other) as journal:
        journal.write([dataclasses.replace(MASKED, name="b_prep.png")])
        assert [record.recipe for _, record in journal.records(None, None)] == [RECIPE, other]


def test_a_new_outcome_replaces_the_old_one(tmp_path: Path) -> None:
    with Journal(tmp_path, STAGE, RECIPE) as journal:
        journal.write([MASKED])
        journal.write([Outcome("Ada", "1", "a_prep.png", Status.NO_FACE, "no face")])
    (record,) = all_records(tmp_path)
    assert (record.status, record.source, dict(record.outputs)) == (Status.NO_FACE, None, {})


def test_names_that_are_not_valid_text_keep_their_bytes(tmp_path: Path) -> None:
    odd = dataclasses.replace(MASKED, identity="A\udcff", name="x\udcfe_prep.png", reason="odd \udcfd")
    with Journal(tmp_path, STAGE, RECIPE) as journal:
        journal.write([odd])
    (record,) = all_records(tmp_path)
    assert (record.identity, record.name) == (odd.identity, odd.name)


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None)
@given(places=st.sets(st.tuples(names, names, names), min_size=1, max_size=12), data=st.data())
def test_records_between_two_keys_come_in_the_order_of_the_tree(
    tmp_path_factory: pytest.TempPathFactory, places: set[tuple[str, str, str]], data: st.DataObject
) -> None:
    """The order in which folders sorted by their bytes are walked; a space sorts before the slash between them."""
    keys = sorted(key_of(*place) for place in places)
    first, last = sorted(data.draw(st.tuples(st.sampled_from(keys), st.sampled_from(keys))))
    with Journal(tmp_path_factory.mktemp("journal"), STAGE, RECIPE) as journal:
        journal.write(dataclasses.replace(MASKED, identity=i, video=v, name=n) for i, v, n in places)
        assert [key for key, _ in journal.records(first, last)] == [key for key in keys if first < key <= last]
        assert [key for key, _ in journal.records(None, None)] == keys


def test_what_was_noted_a_second_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from tests.pipeline.test_journal import *\n"
        "journal = Journal(Path(sys.argv[1]), STAGE, RECIPE); journal.write([MASKED]); time.sleep(1.1)\n"
        "journal.write([dataclasses.replace(MASKED, name='b_prep.png')]); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=PROJECT_FOLDER, check=False)
    assert killed.returncode == -9
    assert [record.name for record in all_records(tmp_path)] == ["a_prep.png", "b_prep.png"]


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    with Journal(tmp_path, STAGE, RECIPE), pytest.raises(LockedError, match="in use"):
        Journal(tmp_path, STAGE, RECIPE)


@pytest.mark.parametrize("damage", [b"", b"rubbish" * 1000, None])
def test_a_file_that_is_not_a_journal_is_put_aside_and_everything_counts_as_new(
    tmp_path: Path, damage: bytes | None
) -> None:
    with Journal(tmp_path, STAGE, RECIPE) as journal:
        journal.write([MASKED])
    path = tmp_path / FILE_NAME
    if damage is None:
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    else:
        path.write_bytes(damage)
    with Journal(tmp_path, STAGE, RECIPE) as journal:
        assert list(journal.records(None, None)) == []
        assert bool(journal.put_aside) == (damage != b"")
        journal.write([MASKED])
    assert (tmp_path / "journal.old").exists() == (damage != b"")
    assert len(all_records(tmp_path)) == 1


def test_a_folder_that_takes_no_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(OutputFolderError, match="journal"):
        Journal(tmp_path, STAGE, RECIPE)


def test_nothing_but_the_journal_is_left_beside_it(tmp_path: Path) -> None:
    all_records(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
