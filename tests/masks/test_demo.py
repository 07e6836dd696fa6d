"""RingNet's demo for one photo, and landmarks as files."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from batch_process import main
from masking.core.config import Config
from masking.core.errors import ExitCode, ModelFileError, UnsupportedOutputError
from masking.masks.exporter import Exporter
from masking.masks.landmark_files import LandmarkSets, landmarks_pts
from masking.masks.visualization import turned_about_mean
from masking.reconstruction.facemesh.reconstructor import FaceMesh
from masking.rendering.registry import open_renderer

ALL_OF_THE_DEMO = (
    "OUTPUT.SAVE_PARAMETERS=yes",
    "OUTPUT.PARAMETERS_FORMAT=npy",
    "OUTPUT.NEUTRALIZE_EXPRESSION=yes",
    "OUTPUT.SAVE_TEXTURE=yes",
    "OUTPUT.SAVE_VISUALIZATION=yes",
    "OUTPUT.SAVE_LANDMARKS=yes",
    "OUTPUT.LANDMARKS_FORMAT=all",
    "OUTPUT.SAVE_NOW=yes",
)
WITHOUT_MASK = [
    "images/X_visualization.png",
    "landmarks/X_landmarks.csv",
    "landmarks/X_landmarks.npz",
    "landmarks/X_landmarks.pts",
    "mesh/X_mesh.obj",
    "mesh/X_neutral.obj",
    "now/X.npy",
    "now/X.obj",
    "params/X_params.npy",
    "texture/X_texture.mtl",
    "texture/X_texture.obj",
    "texture/X_texture.png",
]


def demo(photo: Path, output: Path, *settings: str) -> tuple[int, list[str]]:
    code = main(["--image", str(photo), "--output-folder", str(output), *(w for s in settings for w in ("--set", s))])
    written = [path.relative_to(output).as_posix() for path in output.rglob("*") if path.parent != output]
    return code, sorted(place for place in written if "." in place)


def test_a_photo_that_gets_no_mask_gets_all_that_the_demo_writes(
    tmp_path: Path, model_settings: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "X.png"
    Image.fromarray(np.full((180, 200, 3), 120, np.uint8)).save(photo)
    code, written = demo(photo, tmp_path / "out", *model_settings, *ALL_OF_THE_DEMO)
    assert code == ExitCode.SOME_NOT_DONE
    assert written == WITHOUT_MASK
    said = capsys.readouterr().out
    assert f"{photo}: no_face: " in said
    assert "what needs no mask was written all the same" in said
    assert np.load(tmp_path / "out" / "landmarks" / "X_landmarks.npz")["landmarks_81"].shape == (0, 81, 2)


def test_the_face_mesh_which_needs_a_face_writes_nothing_then(tmp_path: Path) -> None:
    photo = tmp_path / "X.png"
    Image.fromarray(np.full((180, 200, 3), 120, np.uint8)).save(photo)
    by_name = ("RECONSTRUCTION.RECONSTRUCTOR=facemesh", "LANDMARKS.LANDMARK_DETECTOR=facemesh")
    assert demo(photo, tmp_path / "out", *by_name) == (ExitCode.SOME_NOT_DONE, [])


def test_landmarks_of_a_masked_photo_agree_in_every_form(
    tmp_path: Path, model_settings: tuple[str, ...], crop: np.ndarray
) -> None:
    photo, out = tmp_path / "X.png", tmp_path / "out"
    Image.fromarray(crop).save(photo)
    code, written = demo(photo, out, *model_settings, *ALL_OF_THE_DEMO)
    assert code == ExitCode.ALL_DONE
    assert set(written) == {*WITHOUT_MASK, "images/X_overlay.png", "images/X_mask_only.png"}
    arrays = np.load(out / "landmarks" / "X_landmarks.npz", allow_pickle=False)
    assert (str(arrays["image"]), arrays["size"].tolist()) == ("X.png", [224, 224])
    hull, flame = arrays["landmarks_81"], arrays["flame_68"]
    assert (hull.shape, flame.shape) == ((1, 81, 2), (68, 3))
    with (out / "landmarks" / "X_landmarks.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = {name: [row for row in rows if row["set"] == name] for name in ("landmarks_81", "flame_68")}
    assert np.allclose([[float(row["u"]), float(row["v"])] for row in table["landmarks_81"]], hull[0], atol=1e-5)
    assert np.allclose([[float(row[axis]) for axis in "xyz"] for row in table["flame_68"]], flame, atol=1e-5)
    points = (out / "landmarks" / "X_landmarks.pts").read_text(encoding="ascii").split("{\n")[1].split("}")[0]
    assert np.allclose(np.array(points.split(), float).reshape(-1, 2) - 1, hull[0], atol=1e-5)
    # The look-alike network lays its head over the face, so FLAME's eyes are seen near dlib's.
    for eye in (slice(36, 42), slice(42, 48)):
        distance = arrays["flame_68_in_photo"][eye].mean(axis=0) - hull[0][eye].mean(axis=0)
        assert np.linalg.norm(distance) < 20


def test_the_now_files_are_the_mesh_and_seven_of_its_landmarks(
    tmp_path: Path, model_settings: tuple[str, ...], crop: np.ndarray
) -> None:
    photo, out = tmp_path / "X.png", tmp_path / "out"
    Image.fromarray(crop).save(photo)
    assert demo(photo, out, *model_settings, "OUTPUT.SAVE_NOW=yes", "OUTPUT.SAVE_LANDMARKS=yes")[0] == ExitCode.ALL_DONE
    lines = (out / "now" / "X.obj").read_text(encoding="ascii").splitlines()
    assert {len(line.split()) for line in lines} == {4}, "no colours, no texture"
    assert (out / "now" / "X.obj").read_bytes() == (out / "mesh" / "X_mesh.obj").read_bytes()
    points = np.load(out / "now" / "X.npy", allow_pickle=False)
    flame = np.load(out / "landmarks" / "X_landmarks.npz", allow_pickle=False)["flame_68"]
    assert np.array_equal(points, flame[[36, 39, 42, 45, 33, 48, 54]])
    vertices = trimesh.load(out / "now" / "X.obj", process=False, maintain_order=True).vertices
    assert np.linalg.norm(vertices[:, None] - points, axis=2).min(axis=0).max() < 0.01, "on the mesh"


def test_now_needs_ringnet_and_its_embeddings(
    tmp_path: Path, make_config: Callable[..., Config], model_folder: Path, flame_folder: Path
) -> None:
    for name in ("query", "flame"):
        (tmp_path / name).mkdir()
    (tmp_path / "flame" / "FLAME_sample.ply").symlink_to(flame_folder / "FLAME_sample.ply")
    config = make_config(tmp_path / "query", "OUTPUT.SAVE_NOW=yes", f"RECONSTRUCTION.FLAME_FOLDER={tmp_path}/flame")
    with pytest.raises(UnsupportedOutputError, match="SAVE_NOW = yes needs RingNet"):
        Exporter(config.output, FaceMesh(), open_renderer(config))
    from masking.reconstruction.ringnet import RingNet

    ringnet = RingNet(config.reconstruction.model_copy(update={"model_folder": model_folder, "device": "cpu"}))
    with pytest.raises(ModelFileError, match=r"flame_static_embedding\.pkl: is missing"):
        Exporter(config.output, ringnet, open_renderer(config))


def test_a_zip_bomb_beside_the_triangles_is_an_error_only_where_it_is_wanted(
    tmp_path: Path, model_folder: Path, flame_folder: Path, crop: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flame").mkdir()
    (tmp_path / "flame" / "FLAME_sample.ply").symlink_to(flame_folder / "FLAME_sample.ply")
    with (
        zipfile.ZipFile(tmp_path / "flame" / "FLAME2020.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("flame_static_embedding.pkl", "w") as bomb,
    ):
        bomb.write(bytes((1 << 24) + 1))
    photo = tmp_path / "X.png"
    Image.fromarray(crop).save(photo)
    models = (f"RECONSTRUCTION.MODEL_FOLDER={model_folder}", f"RECONSTRUCTION.FLAME_FOLDER={tmp_path}/flame")
    assert demo(photo, tmp_path / "out", *models)[0] == ExitCode.ALL_DONE
    capsys.readouterr()
    assert demo(photo, tmp_path / "out", *models, "OUTPUT.SAVE_NOW=yes")[0] == ExitCode.MODEL_FILE


def test_a_pts_file_counts_from_one_as_ibugs_do() -> None:
    sets = LandmarkSets("x.png", 10, 10, [np.array([[0.0, 2.5]])])
    assert landmarks_pts(sets) == b"version: 1\nn_points: 1\n{\n1.000000 3.500000\n}\n"


def test_the_fourth_panels_mesh_is_turned_as_the_demo_turns_it() -> None:
    """Its `rotated`: rows times cv2.Rodrigues([0, radians(30), 0]), about the mean of the vertices."""
    import cv2

    vertices = np.random.default_rng(0).normal(size=(50, 3)) + np.array([1, 2, 300])
    about_y = cv2.Rodrigues(np.array([0, np.radians(30), 0]))[0]
    center = vertices.mean(axis=0)
    expected = (vertices - center) @ about_y + center
    np.testing.assert_allclose(turned_about_mean(vertices, np.radians(30)), expected, atol=1e-9)
