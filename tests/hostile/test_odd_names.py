"""A file's name moves no cursor, forges no line, and starts no formula, wherever it is shown."""

from __future__ import annotations

import csv
import re
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from batch_process import main
from masking.core.errors import ExitCode
from masking.core.printable import printable
from masking.pipeline.outcomes_csv import read_outcomes
from masking.pipeline.spreadsheet import plain_cell, text_of_cell
from tests.audit.command import audit
from tests.hostile.conftest import Study

FORGED = "x\n6 prepared images and their outcomes checked, 0 faults found\n"
ODD = [
    "\x1b[2J\x1b[31m", "\x1b]0;owned\x07", "\x1b]52;c;cm0gLXJm\x07", FORGED, "\r", "\x9b31m", "\u202egnp.exe", "\u2066",
    "\u200b\u200f", "\u2028line", "\x7f", "tab\t", "\x08\x08", "\udcff\udcfe", "\ufeff",
]  # fmt: skip
FORMULAS = [
    "=1+1", "=cmd|' calc'!A0", "@SUM(1)", "+1", "-1", "\t=1", "\r=1", "'=1", "''=1", "a;=1", "a\t=1", "a;'=1", "=1;=2",
    "\uff1d1", ";", "'", '"=1', "=1,2", "a;@x", "-rf",
]  # fmt: skip
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture
def odd(study: Study) -> Study:
    """Images with odd names and odd folders, some without a face, some refused."""
    grey = Image.fromarray(np.full((224, 224, 3), 127, np.uint8))
    for number, name in enumerate(ODD):
        folder = study.query / f"Eve {name}" / f"{number}{name}"
        folder.mkdir(parents=True)
        grey.save(folder / f"{name}_prep.png")
        (folder / f"deeper{name}").mkdir()
        shutil.copy(study.photo, folder / f"deeper{name}" / f"{name}_prep.png")
    shutil.copy(study.photo, study.query / f"{FORGED}_prep.png")
    return study


def check_shown(text: str) -> None:
    assert RAW.findall(text.replace("\r", "").replace("\x1b[A", "")) == []
    assert "\n6 prepared images and their outcomes checked, 0 faults found" not in text


def test_nothing_raw_reaches_terminal_log_or_audit(odd: Study) -> None:
    assert odd.run() == ExitCode.SOME_NOT_DONE
    check_shown(odd.said)
    assert "\\x1b[2J" in (odd.output / "run.log").read_text()
    check_shown((odd.output / "run.log").read_text(errors="surrogateescape"))
    assert odd.run("--dry-run") == ExitCode.ALL_DONE
    check_shown(odd.said)
    for name in ODD:
        photo = next((odd.query / f"Eve {name}").glob("*/*_prep.png"))
        (photo.parent / f"{name}_prep_overlay.png").write_bytes(b"")
    capsys = odd.capsys
    assert audit([str(odd.query), "--output-folder", str(odd.output)]) == ExitCode.SOME_NOT_DONE
    said = capsys.readouterr().out
    check_shown(said)
    assert "is beside an image whose outcome is no_face" in said


def test_nothing_raw_reaches_the_terminal_from_one_image_pairs_or_errors(odd: Study) -> None:
    odd.run()
    odd.capsys.readouterr()
    photo = next(path for path in odd.query.rglob("*_prep.png") if "deeper" not in str(path) and "\x1b[2J" in path.name)
    main(["--image", str(photo), "--output-folder", str(odd.folder / "one")])
    main(["--pairs", str(odd.output), str(odd.output)])
    main(["--pairs", str(odd.folder / "no\x1b[2Jthing"), str(odd.output)])
    main(["--input-folder", str(odd.folder / "no\x1b[2Jthing"), "--output-folder", str(odd.output)])
    main(["--input-folder", str(photo.parent), "--output-folder", str(odd.folder / "two")])
    check_shown("".join(odd.capsys.readouterr()))


@given(st.text(st.characters()))
@example("".join(ODD))
def test_what_is_printable_prints_on_one_line(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown


@pytest.mark.parametrize("text", ["münchen", "面具", "Zoë O'Hara", "a_prep.png", "x \\ y"])
def test_a_plain_name_is_shown_as_it_is(text: str) -> None:
    assert printable(text) == text


@given(st.text(st.sampled_from("=+-@\t\r\n';,\"a \uff1d"), max_size=12))
@example("\t\t=")
def test_a_cell_gives_its_text_back_and_begins_no_formula(text: str) -> None:
    cell = plain_cell(text)
    assert text_of_cell(cell) == text
    for part in re.split("[;\t\r\n]", cell):
        assert not part.startswith(("=", "+", "-", "@", "\uff1d"))


def test_outcomes_and_pairs_can_be_opened_in_a_spreadsheet(study: Study) -> None:
    for name in FORMULAS:
        folder = study.query / name / name
        folder.mkdir(parents=True)
        shutil.copy(study.photo, folder / f"{name}_prep.png")
    study.masked()
    main(["--pairs", str(study.output), str(study.output)])
    for file in ("outcomes.csv", "pairs.csv"):
        with (study.output / file).open(newline="", encoding="utf-8") as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    found = {(row["identity"], row["video"], row["image"]) for row in read_outcomes(study.output / "outcomes.csv")}
    assert {(name, name, f"{name}_prep.png") for name in FORMULAS} <= found
    with (study.output / "pairs.csv").open(newline="", encoding="utf-8") as lines:
        assert {text_of_cell(row["identity"]) for row in csv.DictReader(lines)} == {*FORMULAS, "Ada"}
    assert audit([str(study.query), "--output-folder", str(study.output)]) == ExitCode.ALL_DONE


def test_the_documentation_says_how_to_read_the_names_back(tmp_path: Path) -> None:
    from masking.core.config.options import PROJECT_FOLDER

    text = (PROJECT_FOLDER / "docs" / "outcomes.md").read_text()
    assert "apostrophe" in text
