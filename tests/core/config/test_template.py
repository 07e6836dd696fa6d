"""The INI that the project ships says what the options say."""

from __future__ import annotations

import os
from pathlib import Path

from masking.core.config import load_config
from masking.core.config.options import PROJECT_FOLDER, Config, Folders
from masking.core.config.template import ini_template


def test_the_shipped_ini_is_the_templates() -> None:
    shipped = (PROJECT_FOLDER / "batch_process_config.ini").read_text(encoding="utf-8")
    assert shipped == ini_template(), "run: python -m masking.core.config.template > batch_process_config.ini"


def test_the_shipped_ini_holds_the_defaults(tmp_path: Path) -> None:
    folders = [
        ("--input-folder", "DEFAULT.INPUT_FOLDER", str(tmp_path)),
        ("--output-folder", "DEFAULT.OUTPUT_FOLDER", f"{tmp_path}{os.sep}..{os.sep}output"),
    ]
    shipped = load_config(PROJECT_FOLDER / "batch_process_config.ini", folders)
    assert shipped == Config(folders=Folders.model_validate(shipped.folders.model_dump()))
