"""The whole pipeline on RingNet, FLAME and dlib: look-alike files under the real names, real TensorFlow and dlib."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from batch_helper import ImageMasker
from batch_process import main
from masking.core.config import Config
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ExitCode, FitUnprovenError, MeshMissesHullError, ModelFileError
from masking.dataset import PreparedImage, walk
from masking.faces.selection import Selection
from masking.masks.status import Status
from masking.reconstruction.flame.texture_data import read_npy_dict
from masking.reconstruction.registry import choose_reconstructor, open_reconstructor
from masking.reconstruction.ringnet import RingNet
from masking.reconstruction.ringnet.checkpoint_location import has_checkpoint
from tests.audit.command import audit

EVERY_OUTPUT = (
    "OUTPUT.SAVE_PARAMETERS=yes",
    "OUTPUT.PARAMETERS_FORMAT=both",
    "OUTPUT.NEUTRALIZE_EXPRESSION=yes",
    "OUTPUT.SAVE_TEXTURE=yes",
    "OUTPUT.SAVE_VISUALIZATION=yes",
)
SUFFIXES = (
    "_overlay.png",
    "_mask_only.png",
    "_mesh.obj",
    "_params.npz",
    "_params.npy",
    "_neutral.obj",
    "_texture.obj",
    "_texture.mtl",
    "_texture.png",
    "_visualization.png",
)


def options(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def test_every_output_of_every_example_is_made_and_readable(
    query_folder: Path, tmp_path: Path, model_settings: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--input-folder", str(query_folder), "--output-folder", str(tmp_path / "output")]
    assert main([*folders, *options(*model_settings, *EVERY_OUTPUT)]) == ExitCode.ALL_DONE
    said = capsys.readouterr().out
    assert "RingNet (ring_6_68641" in said
    assert "dlib (shape_predictor_81" in said
    assert audit([str(query_folder), "--output-folder", str(tmp_path / "output")]) == ExitCode.ALL_DONE
    for photo in query_folder.rglob("*_prep.png"):
        stem = str(photo.with_suffix(""))
        for suffix in SUFFIXES:
            assert Path(stem + suffix).stat().st_size > 0
        check_meshes(stem)
        check_parameters(stem)
        assert np.array(Image.open(stem + "_visualization.png")).shape == (224, 4 * 224, 3)


def check_meshes(stem: str) -> None:
    for suffix in ("_mesh.obj", "_neutral.obj", "_texture.obj"):
        mesh = trimesh.load(stem + suffix, process=False, maintain_order=True)
        assert len(mesh.faces) == 9976
        crown_to_neck = np.ptp(mesh.vertices, axis=0)
        assert crown_to_neck[1] == max(crown_to_neck), f"{suffix} does not stand upright"
        assert 0.15 < crown_to_neck[1] < 0.6, "a head in metres"


def check_parameters(stem: str) -> None:
    counts = {"cam": 3, "pose": 6, "shape": 100, "expression": 50}
    with np.load(stem + "_params.npz", allow_pickle=False) as parameters:
        assert {name: parameters[name].shape for name in parameters} == {n: (c,) for n, c in counts.items()}
        pickled = read_npy_dict(Path(stem + "_params.npy").read_bytes())
        for name in counts:
            assert np.array_equal(pickled[name], parameters[name])


def test_the_networks_head_is_what_the_obj_holds(
    query_folder: Path, make_config: Callable[..., Config], model_settings: tuple[str, ...]
) -> None:
    config = make_config(query_folder, *model_settings, "OUTPUT.MESH_AXES=camera")
    image = next(entry for entry in walk(query_folder) if isinstance(entry, PreparedImage))
    assert ImageMasker(config).mask(image).status == Status.MASKED
    vertices = open_reconstructor(config).reconstruct(np.array(Image.open(image.path))).vertices
    mesh = trimesh.load(image.path.with_name(f"{image.stem}_mesh.obj"), process=False, maintain_order=True)
    assert np.allclose(mesh.vertices, vertices, atol=1e-6)


def overlays(folder: Path) -> list[np.ndarray]:
    return [np.array(Image.open(path)).astype(int) for path in sorted(folder.rglob("*_overlay.png"))]


def test_images_in_batches_get_the_same_outputs_as_one_by_one(
    query_folder: Path,
    make_config: Callable[..., Config],
    model_settings: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = [entry for entry in walk(query_folder) if isinstance(entry, PreparedImage)]
    images[2].path.write_bytes(b"")
    config = make_config(query_folder, *model_settings, "RECONSTRUCTION.BATCH_SIZE=4")
    single = list(ImageMasker(config).process(images))
    contents = overlays(query_folder)
    batched = RingNet(config.reconstruction, batched=True)
    monkeypatch.setattr("masking.masks.photo_masker.open_reconstructor", lambda reconstruction: batched)
    masker = ImageMasker(config)
    assert masker.batch_size == 4
    together = list(masker.process(images))
    assert [(o.name, o.status, o.reason) for o in together] == [(o.name, o.status, o.reason) for o in single]
    assert [outcome.status for outcome in together].count(Status.UNREADABLE) == 1
    assert len(contents) == 5
    for one, other in zip(contents, overlays(query_folder), strict=True):
        assert (np.abs(one - other) > 1).mean() < 0.001


def test_auto_takes_ringnet_as_soon_as_one_of_its_files_is_there(
    make_config: Callable[..., Config], query_folder: Path, model_folder: Path, tmp_path: Path
) -> None:
    some = tmp_path / "model"
    some.mkdir()
    config = make_config(query_folder, f"RECONSTRUCTION.MODEL_FOLDER={some}")
    assert not has_checkpoint(some)
    shutil.copy(model_folder / "ring_6_68641.index", some)
    assert choose_reconstructor(config)[0] == "ringnet"
    with pytest.raises(ModelFileError, match=r"ring_6_68641\.meta: is missing"):
        open_reconstructor(config)


def doctor(capsys: pytest.CaptureFixture[str], tmp_path: Path, *settings: str) -> tuple[int, str]:
    folders = ["--input-folder", str(tmp_path / "none"), "--output-folder", str(tmp_path / "output")]
    code = main(["--doctor", *folders, *options(*settings)])
    return code, capsys.readouterr().out


def test_the_doctor_finds_nothing_and_says_where_all_is_to_be_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    empty = [f"{key}={tmp_path}/empty" for key in ("RECONSTRUCTION.MODEL_FOLDER", "RECONSTRUCTION.FLAME_FOLDER")]
    by_name = ["RECONSTRUCTION.RECONSTRUCTOR=facemesh", "LANDMARKS.LANDMARK_DETECTOR=facemesh"]
    code, said = doctor(capsys, tmp_path, *empty, f"LANDMARKS.PREDICTOR_FILE={tmp_path}/empty", *by_name)
    assert code == ExitCode.ALL_DONE
    assert said.count(f"missing   {tmp_path}/empty") == 9
    assert said.count(f"{tmp_path}/empty holds no file") == 9
    assert "get RingNet's checkpoint from https://ringnet.is.tue.mpg.de" in said
    assert "face mesh" in said
    assert "It can start." in said


def test_the_doctor_finds_everything_with_size_and_fingerprint(
    tmp_path: Path, model_settings: tuple[str, ...], model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = doctor(capsys, tmp_path, *model_settings)
    assert code == ExitCode.ALL_DONE
    assert said.count("found ") == 9
    assert f"{(model_folder / 'ring_6_68641.meta').stat().st_size:,} bytes, SHA-256 " in said
    assert "RingNet on LiteRT" in said
    assert "; LiteRT)" in said
    assert "It can start." in said


def test_the_doctor_names_all_that_lies_there_and_why_it_can_not_be_used(
    tmp_path: Path, flame_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flame").mkdir()
    for name in ("FLAME_sample.ply", "generic_model.pkl"):
        shutil.copy(flame_folder / name, tmp_path / "flame")
    shutil.copy(flame_folder / "generic_model.pkl", tmp_path / "flame" / "male_model.pkl")
    (tmp_path / "flame" / "texture_data_512.npy").write_bytes(b"half a download")
    (tmp_path / "flame" / "FLAME2020.zip").write_bytes(b"half another")
    (tmp_path / "flame" / "todo.txt").touch()
    code, said = doctor(capsys, tmp_path, f"RECONSTRUCTION.FLAME_FOLDER={tmp_path}/flame")
    assert code == ExitCode.ALL_DONE
    lines = [line.strip() for line in said.splitlines()]
    reasons = {
        "unusable  {}/texture_data_512.npy": "was not read: it is not a .npy file",
        "left alone {}/FLAME2020.zip": "is not a zip archive, or a damaged one",
        "left alone {}/male_model.pkl": f"{tmp_path}/flame/generic_model.pkl is used",
        "left alone {}/todo.txt": "is not looked for under this name",
    }
    for line, reason in reasons.items():
        position = lines.index(line.format(tmp_path / "flame"))
        assert lines[position + 1].startswith(reason)


def test_only_the_doctor_converts_ahead_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--convert"])
    assert "--convert: only allowed with argument --doctor" in capsys.readouterr().err


@pytest.mark.thorough
def test_the_doctor_distinguishes_a_damaged_checkpoint_from_a_whole_one(
    tmp_path: Path, model_settings: tuple[str, ...], model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = Path(shutil.copytree(model_folder, tmp_path / "model"))
    for cache in damaged.glob(".*"):
        cache.unlink()
    data = damaged / "ring_6_68641.data-00000-of-00001"
    os.truncate(data, data.stat().st_size // 2)
    code, said = doctor(capsys, tmp_path, *model_settings, f"RECONSTRUCTION.MODEL_FOLDER={damaged}")
    assert code == ExitCode.MODEL_FILE
    assert f"It can't start: {data}" in said
    assert "https://ringnet.is.tue.mpg.de" in said


def test_a_run_on_ringnet_says_nothing_that_users_can_not_act_on(
    query_folder: Path, tmp_path: Path, model_settings: tuple[str, ...]
) -> None:
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *options(*model_settings)]
    command += ["--input-folder", str(query_folder), "--output-folder", str(tmp_path / "output")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == ExitCode.ALL_DONE, done.stderr
    noise = [line for line in done.stderr.replace("\r", "\n").splitlines() if line and "Masking" not in line]
    own_words = ("Loading the models", "Converting ", "Writing the report")
    assert [line for line in noise if not line.startswith(own_words)] == []
    with (tmp_path / "output" / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"masked"}


def scaled(vertices: np.ndarray, factor: float) -> np.ndarray:
    middle = vertices.mean(axis=0)
    return (vertices - middle) * factor + middle


def turned(vertices: np.ndarray, degrees: float) -> np.ndarray:
    turn, middle = np.radians(degrees), vertices.mean(axis=0)
    around_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return (vertices - middle) @ around_z.T + middle


WRONG_HEADS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "shifted sideways": lambda vertices: vertices + np.array([0.06, 0, 0]),
    "shifted down": lambda vertices: vertices + np.array([0, 0.07, 0]),
    "twice as large": lambda vertices: scaled(vertices, 2.0),
    "half as large": lambda vertices: scaled(vertices, 0.5),
    "turned by 40 degrees": lambda vertices: turned(vertices, 40),
    "upside down": lambda vertices: turned(vertices, 180),
    "mirrored": lambda vertices: vertices * [-1, 1, 1],
}


@pytest.mark.parametrize("landmarks", ["dlib", "facemesh"])
def test_a_head_that_does_not_lie_on_the_face_is_refused(
    query_folder: Path, make_config: Callable[..., Config], model_settings: tuple[str, ...], landmarks: str
) -> None:
    config = make_config(query_folder, *model_settings, f"LANDMARKS.LANDMARK_DETECTOR={landmarks}")
    masker = ImageMasker(config)
    image = next(entry for entry in walk(query_folder) if isinstance(entry, PreparedImage))
    assert masker.mask(image).status == Status.MASKED
    photo = np.array(Image.open(image.path))
    found, selection = masker._masker.find(photo)
    assert isinstance(selection, Selection)
    right = masker._masker.reconstructor.reconstruct(photo, selection.people)
    for wrong in WRONG_HEADS.values():
        head = replace(right, vertices=wrong(right.vertices.astype(np.float64)).astype(np.float32))
        with pytest.raises((FitUnprovenError, MeshMissesHullError)):
            masker._masker.draw(photo, found, selection, head)
    assert masker._masker.draw(photo, found, selection, right).coverage > 0.9
