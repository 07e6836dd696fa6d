"""What stands in for the original's models is said; what the user asked for by name is not called a stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_process import main
from masking.core.config import Config
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode, ModelFileError
from masking.masks.stand_ins import stand_ins
from masking.reconstruction.registry import choose_reconstructor, open_reconstructor

NO_FILES = not any((PROJECT_FOLDER / "model").glob("ring_6_68641*"))
without_ringnet = pytest.mark.skipif(not NO_FILES, reason="RingNet's own files are in place here")
BY_NAME = ("RECONSTRUCTION.RECONSTRUCTOR=facemesh", "LANDMARKS.LANDMARK_DETECTOR=facemesh")


@without_ringnet
def test_auto_that_finds_nothing_names_both_stand_ins(make_config: Callable[..., Config], query_folder: Path) -> None:
    ringnet, dlib = stand_ins(make_config(query_folder))
    assert ringnet.startswith("The face mesh stood in for RingNet (RECONSTRUCTOR = auto, and ")
    assert dlib.startswith("The face mesh's points stood in for dlib's 81 landmarks")


def test_what_was_asked_for_by_name_is_no_stand_in(make_config: Callable[..., Config], query_folder: Path) -> None:
    assert stand_ins(make_config(query_folder, *BY_NAME)) == []


def test_the_models_themselves_are_no_stand_ins(
    make_config: Callable[..., Config], query_folder: Path, model_folder: Path, predictor_file: Path
) -> None:
    settings = (f"RECONSTRUCTION.MODEL_FOLDER={model_folder}", f"LANDMARKS.PREDICTOR_FILE={predictor_file}")
    assert stand_ins(make_config(query_folder, *settings)) == []


def test_a_folder_that_the_user_named_and_that_holds_no_checkpoint_ends_the_start(
    make_config: Callable[..., Config], query_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "notes.txt").touch()
    config = make_config(query_folder, f"RECONSTRUCTION.MODEL_FOLDER={tmp_path}/models")
    assert choose_reconstructor(config)[0] == "ringnet"
    with pytest.raises(ModelFileError, match=r"ring_6_68641\.meta: is missing; .*/models holds notes\.txt"):
        open_reconstructor(config)


@without_ringnet
def test_they_are_the_last_lines_of_the_summary_and_stand_in_run_json_and_the_report(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--input-folder", str(query_folder), "--output-folder", str(tmp_path / "output")]
    assert main(folders) == ExitCode.ALL_DONE
    last = capsys.readouterr().out.splitlines()[-2:]
    assert "stood in for RingNet" in last[0]
    assert "stood in for dlib" in last[1]
    assert json.loads((tmp_path / "output" / "run.json").read_text(encoding="utf-8"))["stand_ins"] == last
    page = (tmp_path / "output" / "report.html").read_text(encoding="utf-8")
    assert last == json.loads(page.partition('id="data">')[2].partition("</script>")[0])["run"]["stand_ins"]
    assert main([*folders, "--dry-run"]) == ExitCode.ALL_DONE
    assert capsys.readouterr().out.splitlines()[-2:] == last
