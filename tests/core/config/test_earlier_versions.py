"""The INI files of earlier versions, as they were shipped, are still accepted and mean what they meant."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from masking.core.config import load_config
from masking.core.config.options import Config
from masking.core.config.template import as_text

CHANGED_ON_PURPOSE = {"max_survivor_evidence"}
"""Named in CHANGELOG.md."""
EARLIER = sorted((Path(__file__).parent / "earlier").glob("*.ini"))


def written(ini: Path) -> dict[tuple[str, str], str]:
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    parser.read(ini, encoding="utf-8")
    return {(section, key): value for section in parser.sections() for key, value in parser.items(section)}


@pytest.mark.parametrize("ini", EARLIER, ids=lambda ini: ini.stem)
def test_a_shipped_ini_of_an_earlier_version_is_accepted_as_it_is(ini: Path) -> None:
    config = load_config(ini, check_folders=False)
    keys = written(ini)
    assert len(keys) > 30
    for (_, key), text in keys.items():
        (value,) = (getattr(section, key) for _, section in config if hasattr(section, key))
        if not isinstance(value, Path):
            assert as_text(value) == text, key


@pytest.mark.parametrize("ini", EARLIER, ids=lambda ini: ini.stem)
def test_its_defaults_are_todays(ini: Path) -> None:
    """Else a study that goes on with its old file would not get what a new one gets."""
    config = load_config(ini, check_folders=False)
    today = Config(folders=config.folders)
    for name, section in today:
        if name not in ("folders", "parts"):
            keys = {key for key, value in section if not isinstance(value, Path)} - CHANGED_ON_PURPOSE
            assert {key: getattr(getattr(config, name), key) for key in keys} == {
                key: getattr(section, key) for key in keys
            }
