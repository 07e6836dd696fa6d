"""The command, run as its users run it."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from batch_process import main
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode

SCRIPT = PROJECT_FOLDER / "batch_process.py"


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


def folders(query: Path, tmp_path: Path) -> list[str]:
    return ["--input-folder", str(query), "--output-folder", str(tmp_path / "output")]


def outcomes(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "output" / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_main_job_masks_every_image_of_every_identity(query_folder: Path, tmp_path: Path) -> None:
    done = run(*folders(query_folder, tmp_path))
    assert done.returncode == ExitCode.ALL_DONE, done.stderr
    rows = outcomes(tmp_path)
    prepared = sorted(query_folder.rglob("*_prep.png"))
    assert [row["image"] for row in rows] == [path.name for path in prepared]
    assert {row["status"] for row in rows} == {"masked"}
    assert {row["identity"] for row in rows} == {"Eileen_Collins", "Grace_Hopper"}
    for path in prepared:
        for end in ("_overlay.png", "_mask_only.png", "_mesh.obj"):
            assert path.with_name(path.stem + end).is_file()
    assert "face mesh" in done.stdout
    assert "masked" in done.stdout
    assert "6/6" in done.stderr


def test_a_second_run_takes_no_output_for_an_input(query_folder: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert main(folders(query_folder, tmp_path)) == ExitCode.ALL_DONE
    assert len(outcomes(tmp_path)) == 6


def test_bad_images_get_reasons_and_the_good_one_its_mask(query_folder: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    video = tree / "Ada" / "1"
    video.mkdir(parents=True)
    good = next(query_folder.rglob("*_prep.png")).read_bytes()
    face = skimage.data.astronaut()[0:256, 96:352]
    Image.fromarray(skimage.data.coins()[:224, :224]).save(video / "a_prep.png")
    Image.fromarray(np.hstack([face, face[:, ::-1]])).save(video / "b_prep.png")
    (video / "c_prep.png").write_bytes(good[: len(good) // 2])
    (video / "d_prep.png").write_bytes(good)
    before = {path.name: path.read_bytes() for path in video.iterdir()}
    done = run(*folders(tree, tmp_path))
    assert done.returncode == ExitCode.SOME_NOT_DONE
    rows = outcomes(tmp_path)
    assert [row["status"] for row in rows] == ["no_face", "several_faces", "unreadable", "masked"]
    assert [bool(row["reason"]) for row in rows] == [True, True, True, False]
    assert {path.name for path in video.iterdir()} == {
        *before,
        "d_prep_overlay.png",
        "d_prep_mask_only.png",
        "d_prep_mesh.obj",
    }
    assert {name: (video / name).read_bytes() for name in before} == before
    assert "Ada/1/b_prep.png: several_faces: another face" in done.stdout


def test_every_fault_of_the_command_line_is_named_at_once(tmp_path: Path) -> None:
    done = run("--set", "RENDERING.RENDERR=x", "--input-folder", "nowhere", cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert "nowhere does not exist" in done.stderr
    assert "did you mean RENDERER" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    assert run("--worker", "2", "--nonsense").returncode == ExitCode.USAGE


def test_help_answers_in_less_than_a_third_of_a_second() -> None:
    fastest = 9.0
    for _ in range(5):
        started = time.perf_counter()
        done = run("--help")
        fastest = min(fastest, time.perf_counter() - started)
        assert done.returncode == 0
        assert "exit codes" in done.stdout
    assert fastest < 0.3


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_telling_about_itself_loads_no_model_nor_library(option: str) -> None:
    script = (
        "import sys, batch_process\n"
        f"try: batch_process.main([{option!r}])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'cv2', 'tensorflow', 'numba', 'scipy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT_FOLDER, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_tree_without_prepared_images_says_what_was_found_and_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "query" / "photos" / "of" / "me").mkdir(parents=True)
    (tmp_path / "query" / "photos" / "of" / "me" / "me.jpg").touch()
    for extra in ([], ["--dry-run"]):
        assert main([*folders(tmp_path / "query", tmp_path), *extra]) == ExitCode.USAGE
        said = capsys.readouterr().err
        assert "Found: 1 image, as photos/of/me/me.jpg" in said
        assert "<identity>/<video>/" in said


def test_misplaced_images_are_counted_as_not_masked(query_folder: Path, tmp_path: Path) -> None:
    shutil.copy(next(query_folder.rglob("*_prep.png")), query_folder / "stray_prep.png")
    assert main(folders(query_folder, tmp_path)) == ExitCode.SOME_NOT_DONE
    (stray,) = [row for row in outcomes(tmp_path) if row["status"] != "masked"]
    assert (stray["image"], stray["identity"]) == ("stray_prep.png", "")
    assert "wrong depth" in stray["reason"]


def test_a_missing_model_file_ends_the_run_before_the_first_image(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    settings = ["--set", "LANDMARKS.LANDMARK_DETECTOR=dlib", "--set", f"LANDMARKS.PREDICTOR_FILE={tmp_path}/empty"]
    (tmp_path / "empty").mkdir()
    assert main([*folders(query_folder, tmp_path), *settings]) == ExitCode.MODEL_FILE
    assert "https://" in capsys.readouterr().err
    assert not (tmp_path / "output" / "outcomes.csv").exists()
    assert not list(tmp_path.rglob("*_overlay.png"))


def test_an_output_folder_that_can_not_be_made_is_told(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "file").touch()
    arguments = ["--input-folder", str(query_folder), "--output-folder", str(tmp_path / "file" / "output")]
    assert main(arguments) == ExitCode.OUTPUT_FOLDER
    assert "can't be written" in capsys.readouterr().err


def test_another_tree_does_not_overwrite_the_first_ones_backup(
    example_trees: Path, query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(folders(query_folder, tmp_path)) == ExitCode.ALL_DONE
    database = shutil.copytree(example_trees / "database", tmp_path / "database")
    kept = {path: path.read_bytes() for path in (tmp_path / "output").rglob("*.png")}
    assert main(folders(database, tmp_path)) == ExitCode.ALL_DONE
    assert f"go into {tmp_path / 'output' / 'database'}" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in kept} == kept
    assert len(list((tmp_path / "output" / "database" / "images").rglob("*_overlay.png"))) == 6


def test_the_log_grows_and_holds_the_configuration_and_the_reasons(query_folder: Path, tmp_path: Path) -> None:
    next(query_folder.rglob("*_prep.png")).write_bytes(b"")
    for _ in range(2):
        main(folders(query_folder, tmp_path))
    log = (tmp_path / "output" / "run.log").read_text(encoding="utf-8")
    assert log.count("the file is empty") >= 2
    assert '"min_coverage":0.9' in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_finishes_the_image_in_hand_and_leaves_nothing_half_written(
    query_folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    video = query_folder / "Eileen_Collins" / "1"
    source = next(video.glob("*_prep.png"))
    for copy in range(300):
        shutil.copy(source, video / f"copy{copy:03d}_prep.png")
    command = [sys.executable, str(SCRIPT), *folders(query_folder, tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(video.glob("*_overlay.png")):
        time.sleep(0.02)
    os.kill(process.pid, number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Interrupted after" in said
    masked = {row["image"] for row in outcomes(tmp_path)}
    assert 0 < len(masked) < 300
    overlays = {path.name.replace("_overlay.png", ".png") for path in query_folder.rglob("*_overlay.png")}
    assert overlays == masked
    assert not list(tmp_path.rglob(".masking-*"))
    assert not list(tmp_path.rglob("*.partial"))


def test_names_that_the_terminal_can_not_show_do_no_harm(query_folder: Path, tmp_path: Path) -> None:
    video = query_folder / "Zoë ☃" / "v 1.5"
    video.mkdir(parents=True)
    shutil.copy(next(query_folder.rglob("*_prep.png")), video / "0.123 é_prep.png")
    (video / "new\nline_prep.png").write_bytes(b"")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    command = [sys.executable, str(SCRIPT), *folders(query_folder, tmp_path)]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)
    assert done.returncode == ExitCode.SOME_NOT_DONE, done.stderr
    assert (video / "0.123 é_prep_overlay.png").is_file()
    assert "new\nline_prep.png" in {row["image"] for row in outcomes(tmp_path)}


def test_the_config_of_the_working_folder_is_taken(query_folder: Path, tmp_path: Path) -> None:
    ini = "[DEFAULT]\nINPUT_FOLDER = query\nOUTPUT_FOLDER = backup\n"
    (tmp_path / "batch_process_config.ini").write_text(ini, encoding="utf-8")
    done = run("--dry-run", cwd=tmp_path)
    assert done.returncode == 0
    assert str(tmp_path / "backup") in done.stdout


def test_one_loose_crop_is_masked_without_a_tree(
    example_trees: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = next((example_trees / "query").rglob("*_prep.png"))
    shutil.copy(source, tmp_path / "me.png")
    arguments = ["--image", str(tmp_path / "me.png"), "--output-folder", str(tmp_path / "out")]
    assert main([*arguments, "--set", "OUTPUT.SAVE_VISUALIZATION=yes"]) == ExitCode.ALL_DONE
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    pictures = {f"out/images/me_{kind}.png" for kind in ("overlay", "mask_only", "visualization")}
    assert files == {"me.png", "out/journal", "out/mesh/me_mesh.obj", *pictures}
    said = capsys.readouterr().out
    assert str(tmp_path / "out" / "images" / "me_overlay.png") in said
    assert "keep these files where the photos are" in said


def test_one_loose_crop_without_a_face_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(skimage.data.coins()).save(tmp_path / "coins.png")
    arguments = ["--image", str(tmp_path / "coins.png"), "--output-folder", str(tmp_path / "out")]
    assert main(arguments) == ExitCode.SOME_NOT_DONE
    assert "no_face" in capsys.readouterr().out
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "coins.png"]


def test_a_system_that_gives_out_is_told_without_a_traceback(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(*arguments: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("masking.commands.mask.run", run_out)
    assert main(folders(query_folder, tmp_path)) == ExitCode.OUTPUT_FOLDER
    assert "the system refused: [Errno 24] Too many open files" in capsys.readouterr().err


def test_faces_that_are_left_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    face = skimage.data.astronaut()[0:256, 96:352]
    Image.fromarray(np.hstack([face, face[:, ::-1]])).save(tmp_path / "two.png")
    arguments = ["--image", str(tmp_path / "two.png"), "--output-folder", str(tmp_path / "out")]
    assert main([*arguments, "--set", "RECONSTRUCTION.SEVERAL_FACES=largest"]) == ExitCode.ALL_DONE
    assert "1 other face(s) can still be seen" in capsys.readouterr().out
