"""An output folder belongs to one input folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.errors import ConfigError, OutputFolderError
from masking.pipeline.output_folder import OWNER_FILE, take_output_folder


def test_a_missing_folder_is_made_and_may_be_claimed_again(tmp_path: Path) -> None:
    for _ in range(2):
        take_output_folder(tmp_path / "a" / "output", tmp_path / "query")
    assert (tmp_path / "a" / "output").is_dir()


def test_another_input_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    take_output_folder(tmp_path / "output", tmp_path / "query")
    with pytest.raises(ConfigError, match=r"holds the results of .*query.*\{INPUT_NAME\}"):
        take_output_folder(tmp_path / "output", tmp_path / "database")


def test_a_damaged_claim_is_no_permission(tmp_path: Path) -> None:
    (tmp_path / OWNER_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        take_output_folder(tmp_path, tmp_path / "query")


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFolderError, match="can't be written"):
        take_output_folder(tmp_path / "file" / "output", tmp_path / "query")
