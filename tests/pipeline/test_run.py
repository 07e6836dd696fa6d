"""What every stage gets from the pipeline, seen on one that knows no masks."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from masking.core.config import Config, load_config
from masking.core.errors import EmptyTreeError, ExitCode, LockedError
from masking.pipeline.dry_run import describe, dry_run
from masking.pipeline.lock import run_lock
from masking.pipeline.outcome import Outcome
from masking.pipeline.run import Listener, RunOptions, RunResult, run_stage
from tests.pipeline.toy import ShoutStage

Texts = dict[str, str]
STAGE = ShoutStage()


class Study:
    def __init__(self, folder: Path) -> None:
        self.query, self.output = folder / "query", folder / "output"
        self.query.mkdir()
        self.outcomes: list[Outcome] = []
        self.said: list[str] = []

    def write(self, texts: Texts) -> None:
        for name, text in texts.items():
            path = self.query / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def config(self, *settings: str) -> Config:
        overrides = [
            ("--input-folder", "DEFAULT.INPUT_FOLDER", str(self.query)),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", str(self.output)),
            *(("--set", *setting.partition("=")[::2]) for setting in settings),
        ]
        return load_config(None, overrides)

    def run(self, *settings: str, **options: bool) -> RunResult:
        self.outcomes, self.said = [], []
        listener = Listener(remark=self.said.append, outcome=self.outcomes.append)
        return run_stage(STAGE, self.config(*settings), RunOptions(**options), listener)

    def shout(self, name: str) -> str:
        return (self.output / "shouts" / f"{name}.txt").read_text()

    @property
    def run_json(self) -> dict[str, object]:
        facts: dict[str, object] = json.loads((self.output / "run.json").read_text())
        return facts


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = Study(tmp_path)
    made.write({"Ada/1/a": "hello", "Ada/1/b": "", "Bob/2/c": "fail", "Bob/2/d": "goodbye"})
    return made


def test_each_item_is_done_and_recorded(study: Study) -> None:
    result = study.run()
    assert result.counts == {"shouted": 2, "silent": 1, "failed": 1}
    assert (result.exit_code, result.worked_on) == (ExitCode.SOME_NOT_DONE, 4)
    assert study.shout("Ada/1/a") == "HELLO"
    with (study.output / "outcomes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["text"], row["status"], row["letters"]) for row in rows] == [
        ("a.txt", "shouted", "5"), ("b.txt", "silent", "0"), ("c.txt", "failed", "4"), ("d.txt", "shouted", "7"),
    ]  # fmt: skip
    assert [outcome.name for outcome in result.failures] == ["b.txt", "c.txt"]


def test_a_second_run_does_what_is_new_changed_or_failed(study: Study) -> None:
    study.run()
    study.write({"Ada/1/a": "hello again", "Ada/1/new": "news", "Bob/2/c": "better"})
    result = study.run()
    assert [outcome.name for outcome in study.outcomes if not outcome.recorded] == ["a.txt", "new.txt", "c.txt"]
    assert (result.worked_on, study.shout("Ada/1/a"), study.shout("Bob/2/c")) == (3, "HELLO AGAIN", "BETTER")


@pytest.mark.parametrize("settings", [["RUN.MAX_MEGAPIXELS=3"], []])
def test_other_settings_or_force_do_everything_again(study: Study, settings: list[str]) -> None:
    study.run()
    assert study.run(*settings, force=not settings).worked_on == 4


def test_a_run_that_does_nothing_keeps_the_times_of_the_one_that_worked(study: Study) -> None:
    study.write({"Bob/2/c": "fine"})
    study.run()
    before = study.run_json
    result = study.run()
    after = study.run_json
    assert result.worked_on == 0
    kept = ("started", "ended", "seconds", "images_per_second", "step_seconds", "worked_on")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["step_seconds"] == {"shout": {"mean": 0.5, "images": 4}}
    assert [run["worked_on"] for run in after["runs"]] == [4, 0]


@pytest.mark.parametrize("damage", ["", "[]", '{"runs": 3}', '{"runs": [{"started": 1}, null]}', "[" * 100_000])
def test_a_damaged_run_json_costs_only_what_it_held(study: Study, damage: str) -> None:
    study.run()
    (study.output / "run.json").write_text(damage)
    study.run()
    assert len(study.run_json["runs"]) == 1


@pytest.mark.thorough
def test_workers_do_the_same_and_only_what_kills_one_fails(study: Study) -> None:
    study.write({"Bob/2/e": "die"})
    result = study.run("RUN.WORKERS=2", "RUN.CHUNK_SIZE=2")
    assert result.counts == {"shouted": 2, "silent": 1, "failed": 2}
    assert "worker processes died of this text" in study.outcomes[-1].reason


def test_an_empty_tree_is_an_error_of_the_stages_own_words(tmp_path: Path) -> None:
    with pytest.raises(EmptyTreeError, match="holds no text"):
        Study(tmp_path).run()


def test_two_runs_at_once_are_refused(study: Study) -> None:
    study.output.mkdir()
    with run_lock(study.query, study.output), pytest.raises(LockedError):
        study.run()


def test_a_dry_run_forecasts_it_and_writes_nothing(study: Study) -> None:
    study.run()
    study.write({"Ada/1/new": "news"})
    before = sorted(study.output.rglob("*"))
    forecast = dry_run(STAGE, study.config(), verify=False, force=False)
    said = "\n".join(describe(STAGE, study.config(), forecast))
    assert "5 texts, 0 refused" in said
    assert "3 by an earlier run (2 shouted, 1 silent); 2 to do" in said
    assert "2 texts were tried, 500 ms each" in said
    assert forecast.facts(study.config())["to_do"] == 2
    assert sorted(study.output.rglob("*")) == before


def test_it_runs_beside_the_main_thread_where_no_signal_arrives(study: Study) -> None:
    results: list[RunResult] = []
    thread = threading.Thread(target=lambda: results.append(study.run()))
    thread.start()
    thread.join()
    assert results[0].worked_on == 4


def test_what_left_the_tree_is_counted(study: Study) -> None:
    study.run()
    (study.query / "Ada" / "1" / "a.txt").unlink()
    study.run()
    assert "1 shouted texts are no longer in the input folder; their outputs were left alone" in study.said


def test_another_stages_journal_is_not_believed(study: Study, make_config: Callable[..., Config]) -> None:
    """Its statuses and locations are strange to this one."""
    from masking.masks.stage import MaskStage
    from masking.pipeline.journal import Journal
    from masking.pipeline.recipe import Recipe

    study.run()
    with Journal(study.output, MaskStage(), Recipe(b"", b"")) as journal:
        assert "what no run can have written" in journal.put_aside
