"""Each option adds its file, and other programs read what is in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from batch_helper import ImageMasker
from masking.core.config import Config
from masking.core.errors import UnsupportedOutputError
from masking.dataset import PreparedImage, walk
from masking.masks.exporter import warnings_for
from masking.masks.status import Status
from tests.fits import fit

MakeConfig = Callable[..., Config]


@pytest.fixture
def image(query_folder: Path) -> PreparedImage:
    return next(entry for entry in walk(query_folder) if isinstance(entry, PreparedImage))


def masked(image: PreparedImage, make_config: MakeConfig, *settings: str) -> Path:
    """Mask `image` with these settings; the path that its outputs' names begin with."""
    outcome = ImageMasker(make_config(image.path.parents[2], *settings)).mask(image)
    assert outcome.status == Status.MASKED, outcome.reason
    return image.path.with_suffix("")


def test_nothing_that_shows_the_face_is_written_unless_asked_for(image: PreparedImage, make_config: MakeConfig) -> None:
    before = set(image.path.parent.iterdir())
    masked(image, make_config)
    names = {path.name.removeprefix(image.stem) for path in set(image.path.parent.iterdir()) - before}
    assert names == {"_overlay.png", "_mask_only.png", "_mesh.obj"}
    assert warnings_for(make_config(image.path.parents[2]).output) == []


def test_parameters_are_plain_arrays(image: PreparedImage, make_config: MakeConfig) -> None:
    stem = masked(image, make_config, "OUTPUT.SAVE_PARAMETERS=yes")
    with np.load(f"{stem}_params.npz", allow_pickle=False) as parameters:
        assert set(parameters) == {"cam", "score"}
        assert parameters["cam"].shape == (3,)


@pytest.mark.parametrize(("form", "files"), [("npz", {".npz"}), ("npy", {".npy"}), ("both", {".npz", ".npy"})])
def test_parameters_come_in_the_asked_form(
    image: PreparedImage, make_config: MakeConfig, form: str, files: set[str]
) -> None:
    masked(image, make_config, "OUTPUT.SAVE_PARAMETERS=yes", f"OUTPUT.PARAMETERS_FORMAT={form}")
    assert {path.suffix for path in image.path.parent.glob(f"{image.stem}_params.n*")} == files
    backup = make_config(image.path.parents[2]).folders.output_folder / "params" / image.identity / image.video
    assert {path.suffix for path in backup.iterdir()} == files


def test_a_textured_mesh_shows_the_photo_where_it_was_seen(image: PreparedImage, make_config: MakeConfig) -> None:
    stem = masked(image, make_config, "OUTPUT.SAVE_TEXTURE=yes")
    mesh = trimesh.load(f"{stem}_texture.obj", process=False)
    assert len(mesh.faces) > 4000
    assert mesh.visual.material.image.size == (512, 512)
    photo, texture = np.array(Image.open(image.path)), np.array(Image.open(f"{stem}_texture.png"))
    seen = texture[(texture != 0).any(axis=2)]
    assert len(seen) > 0.3 * 512 * 512
    colors = set(map(tuple, photo.reshape(-1, 3).tolist()))
    assert all(tuple(color) in colors for color in seen[::97].tolist())
    text = Path(f"{stem}_texture.obj").read_text(encoding="utf-8").splitlines()[0]
    assert text == f"mtllib {image.stem}_texture.mtl"


def test_the_textured_mesh_looks_like_the_photo(image: PreparedImage, make_config: MakeConfig) -> None:
    """Colours at the vertices, looked up in the texture as a viewer does, are the photo's where they project to."""
    stem = masked(image, make_config, "OUTPUT.SAVE_TEXTURE=yes", "OUTPUT.MESH_AXES=camera")
    photo = np.array(Image.open(image.path))
    reconstruction = fit(photo).reconstruction
    mesh = trimesh.load(f"{stem}_texture.obj", process=False, maintain_order=True)
    texture, uv = np.array(mesh.visual.material.image.convert("RGB")), mesh.visual.uv
    nose_and_cheeks = [4, 50, 280, 195, 5]
    columns, rows = (
        np.rint(reconstruction.camera.project(reconstruction.camera_vertices)[nose_and_cheeks]).astype(int).T
    )
    for vertex, column, row in zip(nose_and_cheeks, columns, rows, strict=True):
        index = np.linalg.norm(mesh.vertices - reconstruction.vertices[vertex], axis=1).argmin()
        x, y = uv[index, 0] * 512, (1 - uv[index, 1]) * 512
        color = texture[int(y), int(x)].astype(int)
        assert np.abs(color - photo[row, column]).max() < 60


def test_the_visualization_has_four_panels(image: PreparedImage, make_config: MakeConfig) -> None:
    stem = masked(image, make_config, "OUTPUT.SAVE_VISUALIZATION=yes")
    photo, panels = np.array(Image.open(image.path)), np.array(Image.open(f"{stem}_visualization.png"))
    assert panels.shape == (224, 4 * 224, 3)
    first, over, mesh, turned = np.split(panels, 4, axis=1)
    drawn = (mesh != 255).any(axis=2)
    assert np.array_equal(first, photo)
    assert np.array_equal(over[drawn], mesh[drawn])
    assert drawn.mean() > 0.15
    assert (turned != 255).any(axis=2).mean() > 0.1
    assert not np.array_equal(turned, mesh)


def test_the_face_mesh_has_no_neutral_head_and_says_why(image: PreparedImage, make_config: MakeConfig) -> None:
    with pytest.raises(UnsupportedOutputError, match="needs RingNet"):
        ImageMasker(make_config(image.path.parents[2], "OUTPUT.NEUTRALIZE_EXPRESSION=yes"))


def test_options_that_show_the_face_are_reported(image: PreparedImage, make_config: MakeConfig) -> None:
    config = make_config(image.path.parents[2], "OUTPUT.SAVE_TEXTURE=yes", "OUTPUT.SAVE_VISUALIZATION=yes")
    assert len(warnings_for(config.output)) == 2


def test_files_of_options_that_are_off_again_are_removed(image: PreparedImage, make_config: MakeConfig) -> None:
    stem = masked(image, make_config, "OUTPUT.SAVE_TEXTURE=yes", "OUTPUT.SAVE_PARAMETERS=yes")
    assert Path(f"{stem}_texture.png").exists()
    masked(image, make_config)
    assert not list(image.path.parent.glob("*_texture*"))
    assert not list(image.path.parent.glob("*.npz"))


def test_arrays_hold_the_pictures(image: PreparedImage, make_config: MakeConfig) -> None:
    stem = masked(image, make_config, "OUTPUT.SAVE_ARRAYS=yes")
    backup = make_config(image.path.parents[2]).folders.output_folder / "images" / image.identity / image.video
    array = np.load(io.BytesIO((backup / f"{image.stem}_overlay.npy").read_bytes()), allow_pickle=False)
    assert np.array_equal(array, np.array(Image.open(f"{stem}_overlay.png")))
