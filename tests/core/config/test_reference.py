"""docs/ini.md says what the options say."""

from __future__ import annotations

from masking.core.config.options import PROJECT_FOLDER, SECTIONS
from masking.core.config.reference import ini_reference


def test_the_shipped_page_is_made_from_the_options() -> None:
    shipped = (PROJECT_FOLDER / "docs" / "ini.md").read_text(encoding="utf-8")
    assert shipped == ini_reference(), "run: python -m masking.core.config.reference > docs/ini.md"


def test_every_option_has_a_row_and_what_changes_nothing_a_mark() -> None:
    lines = ini_reference().splitlines()
    keys = [key.upper() for section in SECTIONS.values() for key in section.model_fields]
    assert [line.split("`")[1] for line in lines if line.startswith("| `")] == keys
    assert any(line.startswith("| `WORKERS` * | `1` |") for line in lines)
    assert any(line.startswith("| `MIN_COVERAGE` | `0.9` |") for line in lines)
    assert any(line.startswith("| `INPUT_FOLDER` | must be given |") for line in lines)
