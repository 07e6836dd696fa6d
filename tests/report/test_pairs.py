"""Query against database: who can be compared."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from batch_process import main
from masking.core.errors import ConfigError, ExitCode, OutputFolderError
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.outcomes_csv import OutcomesFile
from masking.report.pairs import pair, pairs_text, write_pairs
from tests.report.conftest import outcome

STRAY = "Zo\udcffe"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Output folders of a query and a database run."""
    masked = Status.MASKED
    sides = {
        "query": {"Ada": [masked, masked, Status.NO_FACE], "Bob": [Status.NO_FACE], STRAY: [masked]},
        "database": {"Ada": [masked], "Bob": [masked], "Cy": [Status.FAILED], STRAY: [masked]},
    }
    for side, identities in sides.items():
        (tmp_path / side).mkdir()
        with OutcomesFile(tmp_path / side, MaskStage()) as file:
            for identity, statuses in identities.items():
                for number, status in enumerate(statuses):
                    file.write(outcome(f"{number}_prep.png", identity, status=status))
            file.write(outcome("stray_prep.png", "", status=Status.UNREADABLE))
    return tmp_path / "query", tmp_path / "database"


def test_a_pair_has_a_mask_on_both_sides(folders: tuple[Path, Path]) -> None:
    counted = {one.identity: one for one in pair(*folders)}
    assert [name for name, one in counted.items() if one.is_pair] == ["Ada", STRAY]
    assert (counted["Ada"].query_images, counted["Ada"].query_masks, counted["Ada"].database_masks) == (3, 2, 1)
    assert counted["Bob"].why_not == "no mask in the query"
    assert counted["Cy"].why_not == "no image in the query; no mask in the database"
    assert "" not in counted, "an image outside every identity's folder is nobody's"


def test_the_file_names_every_identity_and_why_it_is_not_a_pair(folders: tuple[Path, Path], tmp_path: Path) -> None:
    write_pairs(tmp_path / "pairs.csv", pair(*folders))
    with (tmp_path / "pairs.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = {row["identity"]: row for row in csv.DictReader(file)}
    assert {name: row["pair"] for name, row in rows.items()} == {"Ada": "yes", "Bob": "no", "Cy": "no", STRAY: "yes"}
    assert rows["Bob"]["why_not"] == "no mask in the query"
    assert rows["Ada"]["query_masks"] == "2"
    assert not list(tmp_path.glob("*.partial"))


def test_the_table_counts_pairs_and_shows_a_few(folders: tuple[Path, Path], tmp_path: Path) -> None:
    text = pairs_text(pair(*folders), tmp_path / "pairs.csv")
    assert "2 of 4 identities have a mask in query and database: 3 query masks, 2 database masks" in text
    assert "Cy" in text
    many = [one for one in pair(*folders) if not one.is_pair] * 20
    assert "... and 20 more" in pairs_text(many, tmp_path / "pairs.csv")


def test_folders_without_outcomes_are_named_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        pair(tmp_path / "a", tmp_path / "b")
    assert len(caught.value.problems) == 2
    (tmp_path / "outcomes.csv").write_text("name,age\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not this program's"):
        pair(tmp_path, tmp_path)


def test_a_file_that_can_not_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputFolderError):
        write_pairs(tmp_path / "nowhere" / "pairs.csv", [])


def test_the_command_writes_the_file_into_the_query_folder(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    query, database = folders
    assert main(["--pairs", str(query), str(database)]) == ExitCode.ALL_DONE
    assert "2 of 4 identities" in capsys.readouterr().out
    assert (query / "pairs.csv").is_file()


def test_without_any_pair_the_command_fails(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    query, database = folders
    with OutcomesFile(database, MaskStage()) as file:
        file.write(outcome("1_prep.png", "Somebody"))
    assert main(["--pairs", str(query), str(database)]) == ExitCode.USAGE
    assert "no identity" in capsys.readouterr().err
    assert main(["--pairs", str(query), str(query / "nowhere")]) == ExitCode.USAGE
