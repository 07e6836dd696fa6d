"""docs/outcomes.md names every column and field, so that nobody has to read the code."""

from __future__ import annotations

import re
from pathlib import Path

from masking.core.config import Config
from masking.core.config.options import PROJECT_FOLDER, Folders
from masking.masks.stage import MaskStage
from masking.pipeline.outcomes_csv import columns_of
from masking.pipeline.run_facts import SCHEMA_VERSION, Statistics, run_facts
from masking.report import pairs
from tests.report.conftest import ENVIRONMENT, STARTED

PAGE = (PROJECT_FOLDER / "docs" / "outcomes.md").read_text(encoding="utf-8")


def documented(heading: str) -> list[str]:
    """The names in the first column of the table below a heading, in their order."""
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]


def test_every_column_of_outcomes_csv_is_described_in_its_order() -> None:
    assert documented("outcomes.csv") == list(columns_of(MaskStage()))


def test_every_column_of_pairs_csv_is_described_in_its_order() -> None:
    assert documented("pairs.csv") == list(pairs.COLUMNS)


def test_every_field_of_run_json_is_described(tmp_path: Path) -> None:
    config = Config(folders=Folders(input_folder=tmp_path, output_folder=tmp_path))
    facts = run_facts(config, ENVIRONMENT, Statistics(MaskStage()), STARTED, STARTED, interrupted=False)
    assert sorted(documented("run.json")) == sorted(facts)
    assert f"It is {SCHEMA_VERSION}." in PAGE
