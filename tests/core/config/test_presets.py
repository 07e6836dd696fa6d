"""A preset's settings lie between the INI's defaults and what the user has said."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.config import Config, load_config
from masking.core.config.options import PROJECT_FOLDER
from masking.core.config.presets import PRESETS, departures, settings_of
from masking.core.errors import ConfigError

PRESET = ("--preset", "OUTPUT.PRESET", "original")


def loaded(tmp_path: Path, ini: str = "", *overrides: tuple[str, str, str]) -> Config:
    path = tmp_path / "some.ini"
    path.write_text(f"[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = output\n{ini}")
    return load_config(path, overrides, check_folders=False)


def test_a_preset_sets_what_nobody_else_does(tmp_path: Path) -> None:
    plain, original = loaded(tmp_path), loaded(tmp_path, "", PRESET)
    assert (plain.output.mesh_axes, plain.output.save_arrays, plain.output.has_flat_backup) == ("viewer", False, False)
    assert (original.output.mesh_axes, original.output.parameters_format) == ("camera", "npy")
    assert original.output.save_arrays
    assert original.output.has_flat_backup
    assert departures(original) == departures(plain) == []


def test_the_shipped_ini_which_names_every_default_does_not_undo_it() -> None:
    config = load_config(PROJECT_FOLDER / "batch_process_config.ini", [PRESET], check_folders=False)
    assert departures(config) == []
    assert config.output.mesh_axes == "camera"


@pytest.mark.parametrize("place", ["ini", "python"])
def test_it_may_stand_in_the_ini_or_be_given_from_python(tmp_path: Path, place: str) -> None:
    config = loaded(tmp_path, "[OUTPUT]\nPRESET = original  ; as in 2023\n")
    if place == "python":
        from masking.core.config import settings_by_key

        config = load_config(
            None, settings_by_key({"input_folder": "q", "output_folder": "o", "preset": "original"}), tmp_path, False
        )
    assert config.output.save_arrays


def test_what_the_ini_says_otherwise_goes_before_it_and_is_told(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[RENDERING]\nCOLOR = ringnet\n[OUTPUT]\nSAVE_ARRAYS = off\nMESH_AXES = viewer\n", PRESET)
    assert config.rendering.color == "ringnet"
    assert config.output.save_arrays, "off is the default, in other words"
    assert config.output.mesh_axes == "camera"
    assert departures(config) == ["COLOR = ringnet"]


def test_what_set_says_goes_before_it_even_where_that_is_the_default(tmp_path: Path) -> None:
    config = loaded(
        tmp_path, "", PRESET, ("--set", "OUTPUT.MESH_AXES", "viewer"), ("--set", "output.save_arrays", "no")
    )
    assert (config.output.mesh_axes, config.output.save_arrays) == ("viewer", False)
    assert departures(config) == ["MESH_AXES = viewer", "SAVE_ARRAYS = no"]


def test_a_value_that_means_nothing_is_still_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'sideways' is not valid"):
        loaded(tmp_path, "[OUTPUT]\nMESH_AXES = sideways\n", PRESET)


def test_an_unknown_preset_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--preset: 'origin' is not valid, expected 'none' or 'original'"):
        loaded(tmp_path, "", ("--preset", "OUTPUT.PRESET", "origin"))


@pytest.mark.parametrize("preset", PRESETS)
def test_each_setting_of_a_preset_is_one(tmp_path: Path, preset: str) -> None:
    for section, key, value in settings_of(preset):
        loaded(tmp_path, "", ("--set", f"{section}.{key}", value))
