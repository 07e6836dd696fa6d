"""The records of a run: whole files, true counts."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from masking.core.errors import ExitCode, OutputFolderError
from masking.masks.details import MaskDetails
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome
from masking.pipeline.outcomes_csv import OutcomesFile, columns_of
from masking.pipeline.run_log import run_log
from masking.pipeline.summary import Tally

STAGE = MaskStage()


def outcome(status: Status, image: str = "x_prep.png", reason: str = "") -> Outcome:
    details = MaskDetails(score=0.98765).mapping
    return Outcome("Ada", "1", image, status.value, reason, seconds=0.25, details=details)


def test_a_row_holds_what_is_known_and_leaves_the_rest_empty(tmp_path: Path) -> None:
    with OutcomesFile(tmp_path, STAGE) as file:
        file.write(outcome(Status.NO_FACE, 'odd "name",\n_prep.png', "no face, none"))
    with (tmp_path / "outcomes.csv").open(newline="", encoding="utf-8") as written:
        header, row = csv.reader(written)
    assert tuple(header) == columns_of(STAGE)
    assert row == [
        "Ada",
        "1",
        'odd "name",\n_prep.png',
        "no_face",
        "no face, none",
        "0.2500",
        "0.9877",
        "",
        "0",
        "0",
        "",
        "0",
        "",
        "",
        "Ada/1",
    ]


def test_a_name_that_is_not_valid_text_keeps_its_bytes(tmp_path: Path) -> None:
    with OutcomesFile(tmp_path, STAGE) as file:
        file.write(outcome(Status.MASKED, "x\udcff_prep.png"))
    assert b"x\xff_prep.png" in (tmp_path / "outcomes.csv").read_bytes()


def test_the_last_runs_file_stays_whole_until_the_next_one_is(tmp_path: Path) -> None:
    with OutcomesFile(tmp_path, STAGE) as file:
        file.write(outcome(Status.MASKED, "first_prep.png"))
    with OutcomesFile(tmp_path, STAGE) as file:
        file.write(outcome(Status.MASKED, "second_prep.png"))
        assert "first_prep.png" in (tmp_path / "outcomes.csv").read_text(encoding="utf-8")
        assert "second_prep.png" in (tmp_path / "outcomes.csv.partial").read_text(encoding="utf-8")
    assert "second_prep.png" in (tmp_path / "outcomes.csv").read_text(encoding="utf-8")
    assert not (tmp_path / "outcomes.csv.partial").exists()


def test_files_that_can_not_be_opened_are_reported(tmp_path: Path) -> None:
    (tmp_path / "outcomes.csv.partial").mkdir()
    (tmp_path / "run.log").mkdir()
    with pytest.raises(OutputFolderError), OutcomesFile(tmp_path, STAGE):
        pass
    with pytest.raises(OutputFolderError), run_log(tmp_path):
        pass


def test_the_exit_code_is_good_only_where_every_image_is_masked() -> None:
    tally = Tally(STAGE)
    tally.add(outcome(Status.MASKED))
    assert tally.exit_code is ExitCode.ALL_DONE
    tally.add(outcome(Status.NO_FACE))
    assert tally.exit_code is ExitCode.SOME_NOT_DONE


def test_the_summary_counts_all_and_shows_the_first_failures() -> None:
    tally = Tally(STAGE)
    for number in range(25):
        tally.add(outcome(Status.NO_FACE, f"bad{number:02d}_prep.png", "no face here"))
    tally.add(outcome(Status.MASKED))
    text = tally.text(2.0, interrupted=False)
    assert "Done: 26 images in 2.0 s, 13.0 images/s" in text
    assert "Ada/1/bad09_prep.png: no_face: no face here" in text
    assert "bad10" not in text
    assert "and 15 more" in text


def test_the_rate_counts_what_this_run_did_and_not_what_it_skipped() -> None:
    tally = Tally(STAGE)
    for number in range(100):
        tally.add(replace(outcome(Status.MASKED, f"{number}_prep.png"), recorded=number >= 6))
    first, second, *_ = tally.text(2.0, interrupted=False).splitlines()
    assert first == "Done: 6 images in 2.0 s, 3.0 images/s"
    assert second == "Skipped: 94 images, done by an earlier run and unchanged"


def test_a_run_that_had_nothing_to_do_says_so_without_a_rate() -> None:
    tally = Tally(STAGE)
    tally.add(replace(outcome(Status.MASKED), recorded=True))
    first, second, third = tally.text(0.01, interrupted=False).splitlines()
    assert first == "Nothing to do; checking took 0.0 s"
    assert second.startswith("Skipped: 1 images")
    assert third.split() == ["masked", "1"]


def test_an_interrupted_run_says_so() -> None:
    assert Tally(STAGE).text(0.0, interrupted=True).startswith("Interrupted after 0 images")
