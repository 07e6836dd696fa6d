"""`--preset original` beside the original's own rules, file by file: names, folders, shapes, types, contents."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch_process import main
from masking.core.errors import ExitCode
from tests.audit.command import audit
from tests.original.agreement import Agreement
from tests.original.photos import write_tree
from tests.original.rules import BACKUP, BESIDE, Original, load_opendr
from tests.sharing import made_once

pytestmark = pytest.mark.thorough

PHOTOS, AT_LEAST_MASKED = 7, 4
"""RingNet's look-alike lays its head over most faces only; of the others there is nothing."""
RECORDS = {"input_folder.json", "journal", "outcomes.csv", "report.html", "run.json", "run.log"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "original", lambda folder: write_tree(folder / "query", PHOTOS)) / "query"


@pytest.fixture(scope="module")
def models(model_settings: tuple[str, ...]) -> list[str]:
    return [word for setting in model_settings for word in ("--set", setting)]


@pytest.fixture(scope="module")
def original_ini(tmp_path_factory: pytest.TempPathFactory, tree: Path, models: list[str]) -> Path:
    """An INI of the original's, with its two keys and nothing else."""
    folder = tmp_path_factory.mktemp("study")
    ini = folder / "batch_process_config.ini"
    ini.write_text(f"[DEFAULT]\nINPUT_FOLDER = {tree}\nOUTPUT_FOLDER = {folder}/RingNet_output\n")
    assert main(["--config", str(ini), "--preset", "original", *models]) == ExitCode.SOME_NOT_DONE
    return ini


@pytest.fixture
def output(original_ini: Path) -> Path:
    return original_ini.parent / "RingNet_output"


@pytest.fixture
def masked(tree: Path, output: Path) -> list[Path]:
    """The photos that were masked, by the record."""
    with (output / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == PHOTOS
    assert {row["status"] for row in rows} == {"masked", "fit_unproven"}
    return [tree / row["folder"] / row["image"] for row in rows if row["status"] == "masked"]


def names_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_there_are_the_originals_files_and_of_what_was_not_proven_none(
    tree: Path, output: Path, masked: list[Path]
) -> None:
    assert len(masked) >= AT_LEAST_MASKED
    assert names_below(output) - RECORDS == {name.format(path.stem) for name in BACKUP for path in masked}
    for photo in tree.rglob("*_prep.png"):
        ours = {name for name in names_below(photo.parent) if name.startswith(photo.stem)}
        assert ours == {photo.name, *(name.format(photo.stem) for name in BESIDE if photo in masked)}


def test_an_old_analysis_that_lists_the_flat_folders_finds_every_image(output: Path) -> None:
    for masks in (output / "images").glob("*mask_only.npy"):
        stem = masks.name.removesuffix("mask_only.npy")
        assert np.load(masks).shape == np.load(output / "images" / f"{stem}overlay.npy").shape
        assert (output / "mesh" / f"{stem}.obj").is_file()
        assert np.load(output / "params" / f"{stem}.npy", allow_pickle=True).item()["shape"].shape == (100,)


def test_each_file_holds_what_the_original_writes(
    masked: list[Path], output: Path, model_folder: Path, flame_folder: Path, predictor_file: Path
) -> None:
    try:
        load_opendr()
    except (ImportError, OSError):
        pytest.skip("no OpenDR; install it with scripts/install_opendr.sh")
    agreement = Agreement()
    with Original(model_folder, flame_folder, predictor_file) as original:
        for photo in masked:
            agreement.add(original.make(np.array(Image.open(photo))), original.faces, photo, output)
    assert agreement.unlike == []
    assert agreement.names == len(masked) * (len(BACKUP) + len(BESIDE))
    assert agreement.hull_pixels == 0
    assert min(agreement.exact) > 0.999
    assert agreement.obj_metres <= 2e-6
    assert agreement.parameters < 1e-5


def test_the_audit_finds_nothing(tree: Path, output: Path) -> None:
    assert audit([str(tree), "--output-folder", str(output)]) == ExitCode.ALL_DONE


def test_the_neutral_mesh_has_a_folder_of_its_own_and_flames_frame(
    masked: list[Path], models: list[str], tmp_path: Path
) -> None:
    one = ["--image", str(masked[0]), *models, "--set", "OUTPUT.NEUTRALIZE_EXPRESSION=yes"]
    assert main([*one, "--output-folder", str(tmp_path / "original"), "--preset", "original"]) == ExitCode.ALL_DONE
    assert main([*one, "--output-folder", str(tmp_path / "tree")]) == ExitCode.ALL_DONE
    neutral = (tmp_path / "original" / "neutral_mesh" / f"{masked[0].stem}.obj").read_bytes()
    assert neutral == (tmp_path / "tree" / "mesh" / f"{masked[0].stem}_neutral.obj").read_bytes()
    upright, camera = (
        (tmp_path / name / "mesh" / f"{masked[0].stem}{end}.obj").read_text().splitlines()
        for name, end in (("tree", "_mesh"), ("original", ""))
    )
    first = [[float(number) for number in lines[0].split()[1:]] for lines in (upright, camera)]
    assert first[0] == pytest.approx([first[1][0], -first[1][1], -first[1][2]])
