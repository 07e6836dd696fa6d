"""A path that the user wrote leads somewhere, or the run ends; only untouched defaults may be empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from masking.core.config import load_config
from masking.core.config.options import PROJECT_FOLDER, Config
from masking.core.config.template import ini_template
from masking.core.errors import ConfigError, ExitCode

DEFAULTS = {
    "RECONSTRUCTION.MODEL_FOLDER": "model",
    "RECONSTRUCTION.FLAME_FOLDER": "flame_model",
    "LANDMARKS.PREDICTOR_FILE": "shape_predictor_81_face_landmarks/shape_predictor_81_face_landmarks.dat",
}


def load(folder: Path, *settings: tuple[str, str]) -> Config:
    overrides = [("--set", "DEFAULT.INPUT_FOLDER", str(folder)), ("--set", "DEFAULT.OUTPUT_FOLDER", "out")]
    return load_config(None, [*overrides, *(("--set", *setting) for setting in settings)], check_folders=False)


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("choice", ["auto", "facemesh"])
def test_a_written_path_that_is_not_there_is_an_error_whatever_is_chosen(
    tmp_path: Path, name: str, choice: str
) -> None:
    chosen = [("RECONSTRUCTION.RECONSTRUCTOR", choice), ("LANDMARKS.LANDMARK_DETECTOR", choice)]
    with pytest.raises(ConfigError, match=f"{name.partition('.')[2]} /no/such/place does not exist") as caught:
        load(tmp_path, (name, "/no/such/place"), *chosen)
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_slip_of_the_finger_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with pytest.raises(ConfigError, match=f"did you mean {tmp_path}/models"):
        load(tmp_path, ("RECONSTRUCTION.MODEL_FOLDER", str(tmp_path / "model")))


def test_the_prefix_of_files_is_a_path_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "ring_6_68641.meta").touch()
    prefix = tmp_path / "ring_6_68641"
    assert load(tmp_path, ("RECONSTRUCTION.MODEL_FOLDER", str(prefix))).reconstruction.model_folder == prefix


def test_defaults_may_be_empty_written_out_or_not(tmp_path: Path) -> None:
    (tmp_path / "query").mkdir()
    ini = tmp_path / "copied.ini"
    ini.write_text(ini_template({"input_folder": "query", "output_folder": "out"}), encoding="utf-8")
    config = load_config(ini)
    assert config.reconstruction.model_folder == PROJECT_FOLDER / "model"
    assert not config.reconstruction.was_given("model_folder")
    assert not config.landmarks.was_given("predictor_file")


def test_a_folder_beside_a_copied_ini_is_the_one_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "query").mkdir()
    ini = tmp_path / "copied.ini"
    ini.write_text(ini_template({"input_folder": "query", "output_folder": "out"}), encoding="utf-8")
    config = load_config(ini)
    assert config.reconstruction.model_folder == tmp_path / "model"
    assert config.reconstruction.was_given("model_folder")
