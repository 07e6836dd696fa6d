"""A journal that isn't wholly sound is put aside, which is said, and everything is done again; it is never believed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from masking.core.errors import ExitCode
from masking.masks.stage import MaskStage
from masking.pipeline.journal import Journal
from masking.pipeline.recipe import Recipe
from tests.hostile.conftest import Study

IMAGES = 40


@contextmanager
def opened(journal: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(journal)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def sql(command: str) -> Callable[[Path], None]:
    def damage(journal: Path) -> None:
        with opened(journal) as connection:
            connection.executescript(command)

    damage.__name__ = command
    return damage


def pages(journal: Path) -> int:
    return journal.stat().st_size // 4096


def zeroed(page: Callable[[int], int]) -> Callable[[Path], None]:
    def damage(journal: Path) -> None:
        content = bytearray(journal.read_bytes())
        start = 4096 * page(pages(journal))
        content[start : start + 4096] = bytes(4096)
        journal.write_bytes(content)

    return damage


def cut_in_half(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])


def other_outputs(change: Callable[[list[list[object]]], object]) -> Callable[[Path], None]:
    def damage(journal: Path) -> None:
        with opened(journal) as connection:
            ((text,),) = connection.execute("SELECT outputs FROM items LIMIT 1")
            outputs = json.loads(text)
            changed = change(outputs)
            connection.execute("UPDATE items SET outputs = ?", [json.dumps(outputs if changed is None else changed)])

    return damage


def details(name: str, value: object) -> Callable[[Path], None]:
    """Another value of one detail; None takes it away."""

    def damage(journal: Path) -> None:
        with opened(journal) as connection:
            ((text,),) = connection.execute("SELECT details FROM items LIMIT 1")
            changed = {**json.loads(text), name: value}
            kept = {key: detail for key, detail in changed.items() if key != name or detail is not None}
            connection.execute("UPDATE items SET details = ?", [json.dumps(kept)])

    return damage


DAMAGES = {
    "zeroed first page": zeroed(lambda count: 0),
    "zeroed page in the middle": zeroed(lambda count: count // 2),
    "zeroed last page": zeroed(lambda count: count - 1),
    "cut": cut_in_half,
    "dropped items": sql("DROP TABLE items"),
    "dropped recipes": sql("DROP TABLE recipes"),
    "dropped owned": sql("DROP TABLE owned"),
    "another table": sql("CREATE TABLE more (id)"),
    "a trigger": sql("CREATE TRIGGER t AFTER INSERT ON items BEGIN DELETE FROM items; END"),
    "a view": sql("DROP TABLE owned; CREATE VIEW owned AS SELECT identity, video, name, '[]' AS locations FROM items"),
    "another schema": sql("ALTER TABLE items ADD COLUMN more"),
    "no recipe": sql("DELETE FROM recipes"),
    "unknown recipe": sql("UPDATE items SET recipe = 99"),
    "wrong JSON": sql("UPDATE items SET outputs = '[['"),
    "JSON of another kind": sql("UPDATE items SET outputs = '{\"a\": 1}'"),
    "wrong status": sql("UPDATE items SET status = 'done'"),
    "short hash": sql("UPDATE items SET source_sha256 = x'00'"),
    "hash as text": sql("UPDATE items SET source_sha256 = 'abc'"),
    "size as text": sql("UPDATE items SET source_size = 'large'"),
    "negative faces": details("masked_faces", -1),
    "score as text": details("score", "high"),
    "missing detail": details("candidates", None),
    "details that are no JSON": sql("UPDATE items SET details = '{'"),
    "details that are a list": sql("UPDATE items SET details = '[]'"),
    "endless details": sql("UPDATE items SET details = '\"' || hex(zeroblob(10000)) || '\"'"),
    "steps as text": sql('UPDATE items SET step_seconds = \'{"read": "long"}\''),
    "seconds as text": sql("UPDATE items SET seconds = 'long'"),
    "name as text": sql("UPDATE items SET identity = CAST(identity AS TEXT)"),
    "a name with a slash": sql("UPDATE items SET video = x'2e2e2f2e2e' WHERE video = x'31'"),
    "wrong recipe": sql("UPDATE recipes SET code = 'none'"),
    "recipe without code": sql("UPDATE recipes SET settings = 'text'"),
    "output hash": other_outputs(lambda outputs: outputs[0].__setitem__(1, "xyz")),
    "output place": other_outputs(lambda outputs: outputs[0].__setitem__(0, "../../*_overlay.png")),
    "output twice": other_outputs(lambda outputs: outputs.append(outputs[0])),
    "output size": other_outputs(lambda outputs: outputs[0].__setitem__(2, "many")),
    "no list": other_outputs(lambda outputs: {"outputs": outputs}),
    "unknown places": sql("INSERT INTO owned VALUES (x'41', x'31', x'61', '[\"../x\"]')"),
}


@pytest.fixture
def finished(study: Study) -> Study:
    for copy in range(IMAGES - 2):
        shutil.copy(study.photo, study.photo.with_name(f"{copy:03}_prep.png"))
    study.masked()
    assert pages(study.output / "journal") > 8
    return study


def test_an_unsound_journal_is_put_aside_and_everything_is_done_again(finished: Study) -> None:
    """In one test: the tree is masked once, and each damage is to a copy of its journal."""
    journal = finished.output / "journal"
    sound = journal.read_bytes()
    shown: dict[str, str] = {}
    for name, damage in DAMAGES.items():
        journal.write_bytes(sound)
        damage(journal)
        with Journal(finished.output, MaskStage(), Recipe(b"", b"")) as opened_journal:
            shown[name] = opened_journal.put_aside
            assert list(opened_journal.records(None, None)) == [], name
        assert (finished.output / "journal.old").exists(), name
    assert [name for name, reason in shown.items() if not reason] == []


@pytest.mark.parametrize("name", ["zeroed page in the middle", "dropped items", "wrong JSON", "unknown recipe"])
def test_the_run_over_it_ends_well(finished: Study, name: str) -> None:
    DAMAGES[name](finished.output / "journal")
    finished.masked()
    assert "The journal was unusable" in finished.said
    assert "Skipped:" not in finished.said
    assert "The journal was unusable" in (finished.output / "run.log").read_text()
    finished.masked()
    assert f"Skipped: {IMAGES} images" in finished.said


@pytest.mark.parametrize("left", [[], ["mesh/*_mesh.obj", "*_mesh.obj"]])
def test_a_row_without_the_outputs_that_masked_demands_holds_nothing(study: Study, left: list[str]) -> None:
    study.masked()
    with opened(study.output / "journal") as connection:
        for key in connection.execute("SELECT identity, video, name, outputs FROM items").fetchall():
            outputs = [output for output in json.loads(key[3]) if output[0] in left]
            connection.execute(
                "UPDATE items SET outputs = ? WHERE (identity, video, name) = (?, ?, ?)",
                [json.dumps(outputs), *key[:3]],
            )
    for suffix in ("_overlay.png", "_mask_only.png"):
        study.beside(suffix).unlink()
    study.masked()
    assert "Skipped:" not in study.said
    assert study.beside("_overlay.png").exists()


def test_a_status_that_was_changed_by_hand_hides_no_mask(study: Study) -> None:
    study.masked()
    with opened(study.output / "journal") as connection:
        connection.execute("UPDATE items SET status = 'no_face', outputs = '[]'")
    study.masked()
    assert "Skipped:" not in study.said


def test_a_journal_of_the_format_before_is_put_aside_and_its_outputs_may_be_replaced(study: Study) -> None:
    study.masked()
    with opened(study.output / "journal") as connection:
        connection.executescript(
            "CREATE TABLE images AS SELECT identity, video, name AS image, status, outputs FROM items;"
            "DROP TABLE items; PRAGMA user_version = 4"
        )
    study.masked("--set", "RENDERING.COLOR=ringnet")
    assert "it has the format 4, expected 5" in study.said


def test_a_journal_that_can_not_be_read_is_no_traceback(study: Study) -> None:
    study.masked()
    (study.output / "journal").unlink()
    (study.output / "journal").mkdir()
    assert study.run() == ExitCode.OUTPUT_FOLDER
