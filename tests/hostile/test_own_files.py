"""Files of the user's own that have an output's name are neither removed nor replaced, and never a silent loss."""

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
from PIL import Image

from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode
from masking.dataset.outputs import ALL_KINDS
from tests.hostile.conftest import Study

MINE = b"my own work of three weeks"
SUFFIXES = [kind.suffix for kind in ALL_KINDS]
WRITTEN = ["_overlay.png", "_mask_only.png", "_mesh.obj"]
EVERYTHING = ["OUTPUT.SAVE_PARAMETERS=yes", "OUTPUT.SAVE_ARRAYS=yes", "OUTPUT.SAVE_VISUALIZATION=yes"]


def cluster_boxes(study: Study, suffix: str) -> list[Path]:
    """Beside the image, and in each folder of the backup."""
    return [study.beside(suffix), *(study.backup(suffix, folder) for folder in ("images", "mesh", "params", "texture"))]


def reason(study: Study) -> str:
    with (study.output / "outcomes.csv").open(newline="") as file:
        return next(row["reason"] for row in csv.DictReader(file) if row["video"] == "1")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_plain_run_leaves_what_was_there_before_as_it_was(study: Study, suffix: str) -> None:
    mine = cluster_boxes(study, suffix)
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MINE)
    code = study.run()
    assert [path.read_bytes() for path in mine] == [MINE] * len(mine)
    assert code == (ExitCode.SOME_NOT_DONE if suffix in WRITTEN else ExitCode.ALL_DONE), study.said
    if suffix in WRITTEN:
        assert str(study.beside(suffix)) in reason(study)
        assert "move it away" in reason(study)
        others = {ending for ending in WRITTEN if ending != suffix}
        assert not [ending for ending in others if study.beside(ending).exists()]


@pytest.mark.parametrize("suffix", ["_params.npz", "_visualization.png", "_overlay.npy"])
def test_also_when_it_is_asked_for_later(study: Study, suffix: str) -> None:
    study.masked()
    mine = study.backup(suffix, "params") if suffix == "_params.npz" else study.backup(suffix)
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_bytes(MINE)
    settings = [part for setting in EVERYTHING for part in ("--set", setting)]
    assert study.run(*settings) == ExitCode.SOME_NOT_DONE
    assert mine.read_bytes() == MINE
    mine.unlink()
    study.masked(*settings)


def test_once_it_is_moved_away_the_image_is_masked(study: Study) -> None:
    study.beside("_mesh.obj").write_bytes(MINE)
    assert study.run() == ExitCode.SOME_NOT_DONE
    assert study.run() == ExitCode.SOME_NOT_DONE
    study.beside("_mesh.obj").rename(study.folder / "mine.obj")
    study.masked()


def test_a_foreign_mask_beside_a_photo_without_a_face_is_named_and_stays(study: Study) -> None:
    Image.fromarray(np.full((224, 224, 3), 127, np.uint8)).save(study.photo)
    study.beside("_overlay.png").write_bytes(MINE)
    assert study.run() == ExitCode.SOME_NOT_DONE
    assert study.beside("_overlay.png").read_bytes() == MINE
    assert str(study.beside("_overlay.png")) in reason(study)


def test_what_a_run_wrote_is_replaced_by_the_next(study: Study) -> None:
    study.masked("--set", "OUTPUT.SAVE_PARAMETERS=yes", "--set", "OUTPUT.SAVE_VISUALIZATION=yes")
    study.masked("--set", "RENDERING.COLOR=ringnet")
    assert not study.beside("_visualization.png").exists()
    assert not study.beside("_params.npz").exists()


def test_what_a_killed_run_wrote_is_replaced_by_one_with_other_settings(study: Study) -> None:
    """Nothing of it may be in the journal yet but that it was begun."""
    for copy in range(30):
        shutil.copytree(study.query / "Ada" / "1", study.query / "Ada" / f"more {copy}")
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *study.arguments]
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not list(study.query.rglob("*_overlay.png")) and process.poll() is None:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert list(study.query.rglob("*_overlay.png"))
    study.masked("--set", "RENDERING.COLOR=ringnet")


@pytest.mark.parametrize("damage", ["missing", "format 2", "zeroed"])
def test_a_lost_journal_blocks_nothing_whose_writer_can_be_determined(study: Study, damage: str) -> None:
    study.masked()
    journal = study.output / "journal"
    if damage == "missing":
        # Nobody can tell; but the same bytes can be no loss.
        journal.unlink()
        study.masked()
        return
    content = journal.read_bytes()
    if damage == "format 2":
        content = content[:60] + (2).to_bytes(4, "big") + content[64:]
    journal.write_bytes(content if damage != "zeroed" else content[:4096] + bytes(4096) + content[8192:])
    study.masked("--set", "RENDERING.COLOR=ringnet") if damage == "format 2" else study.masked()
    assert "journal.old" in study.said


def test_one_loose_image_replaces_its_own_outputs_and_nobody_elses(study: Study) -> None:
    from batch_process import main

    arguments = ["--image", str(study.photo), "--output-folder", str(study.folder / "one")]
    assert main(arguments) == ExitCode.ALL_DONE
    assert main([*arguments, "--set", "RENDERING.COLOR=ringnet"]) == ExitCode.ALL_DONE
    other = study.folder / "other" / "mesh" / "a_prep_mesh.obj"
    other.parent.mkdir(parents=True)
    other.write_bytes(MINE)
    assert main([*arguments[:-1], str(study.folder / "other")]) == ExitCode.SOME_NOT_DONE
    assert other.read_bytes() == MINE
