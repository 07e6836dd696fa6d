"""One image's way: a right mask with all its files, or nothing and a reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from batch_helper import ImageMasker
from landmark_cropping import hull_pixels
from masking.core.config import Config
from masking.core.errors import ConfigError
from masking.dataset import PreparedImage, walk
from masking.faces.finder import Person
from masking.faces.selection import select
from masking.masks.details import details_of
from masking.masks.status import Status
from masking.reconstruction.base import Reconstruction
from masking.reconstruction.facemesh import FaceMesh
from tests.fits import fit

MakeConfig = Callable[..., Config]


def read(path: Path) -> np.ndarray:
    return np.array(Image.open(path))


def images_of(folder: Path) -> list[PreparedImage]:
    return [entry for entry in walk(folder) if isinstance(entry, PreparedImage)]


def outputs_of(image: PreparedImage, output_folder: Path) -> set[str]:
    beside = {path.name for path in image.path.parent.iterdir() if path.name.startswith(image.stem + "_")}
    beside |= {path.name for path in image.path.parent.glob("*.obj")}
    return beside | {path.name for path in output_folder.rglob("*") if path.is_file()}


@pytest.fixture
def image(query_folder: Path) -> PreparedImage:
    return next(image for image in images_of(query_folder) if image.video == "2")


def test_the_mask_of_every_example_is_the_render_inside_the_hull_and_the_photo_outside(
    query_folder: Path, make_config: MakeConfig
) -> None:
    masker = ImageMasker(make_config(query_folder))
    for image in images_of(query_folder):
        outcome = masker.mask(image)
        assert (outcome.status, outcome.reason) == (Status.MASKED, "")
        assert details_of(outcome).coverage > 0.99
        photo, overlay, mask_only = (
            read(image.path.with_name(f"{image.stem}{end}.png")) for end in ("", "_overlay", "_mask_only")
        )
        inside = hull_pixels(fit(photo).landmarks[0], *photo.shape[:2])
        assert inside.mean() > 0.1
        assert np.array_equal(overlay[~inside], photo[~inside])
        assert (mask_only[~inside] == 255).all()
        assert np.array_equal(overlay[inside], mask_only[inside])
        grey = overlay[inside].astype(int)
        assert np.ptp(grey, axis=1).max() == 0, "inside the hull there is nothing but grey"
        assert (overlay[inside] != photo[inside]).any(axis=1).mean() > 0.97


def test_the_outputs_are_as_large_as_the_photo_whatever_its_shape(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig
) -> None:
    photo = Image.open(image.path)
    photo.resize((301, 253)).crop((10, 0, 291, 240)).save(image.path)
    assert ImageMasker(make_config(query_folder)).mask(image).status == Status.MASKED
    assert read(image.path.with_name(f"{image.stem}_overlay.png")).shape == (240, 281, 3)


def test_a_large_photo_is_masked_as_well(query_folder: Path, make_config: MakeConfig) -> None:
    image = next(image for image in images_of(query_folder) if image.identity == "Grace_Hopper")
    Image.open(image.path).resize((1500, 1500)).save(image.path)
    outcome = ImageMasker(make_config(query_folder)).mask(image)
    assert outcome.status == Status.MASKED
    assert details_of(outcome).coverage > 0.99


def test_arrays_are_written_to_the_backup_where_asked_for(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig
) -> None:
    config = make_config(query_folder, "OUTPUT.SAVE_ARRAYS=yes", "OUTPUT.SAVE_MESH=no")
    ImageMasker(config).mask(image)
    backup = config.folders.output_folder / "images" / image.identity / image.video
    for kind in ("overlay", "mask_only"):
        array = np.load(backup / f"{image.stem}_{kind}.npy", allow_pickle=False)
        assert np.array_equal(array, read(backup / f"{image.stem}_{kind}.png"))
    assert not list(query_folder.rglob("*.obj"))
    assert not list(query_folder.rglob("*.npy"))


def bad_picture(kind: str) -> np.ndarray:
    face = skimage.data.astronaut()[0:256, 96:352]
    return {
        "no face": np.dstack([skimage.data.coins()[:224, :224]] * 3),
        "two faces": np.hstack([face, face[:, ::-1]]),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("no face", Status.NO_FACE, "no face"),
        ("two faces", Status.SEVERAL_FACES, "another face is found at"),
        ("truncated", Status.UNREADABLE, "end marker"),
        ("empty", Status.UNREADABLE, "empty"),
        ("gone", Status.UNREADABLE, "No such file"),
    ],
)
def test_a_bad_image_gets_a_status_a_reason_and_no_file_not_even_an_earlier_runs(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig, kind: str, status: Status, reason: str
) -> None:
    config = make_config(query_folder)
    masker = ImageMasker(config)
    masker.mask(image)
    assert outputs_of(image, config.folders.output_folder)
    if kind == "truncated":
        image.path.write_bytes(image.path.read_bytes()[:-100])
    elif kind == "empty":
        image.path.write_bytes(b"")
    elif kind == "gone":
        image.path.unlink()
    else:
        Image.fromarray(bad_picture(kind)).save(image.path)
    outcome = masker.mask(image)
    assert outcome.status == status
    assert reason in outcome.reason
    assert outputs_of(image, config.folders.output_folder) == set()


@pytest.mark.parametrize(("change", "reason"), [("rewritten", "the file changed"), ("removed", "disappeared")])
def test_a_photo_that_changes_while_it_is_masked_gets_no_mask(
    image: PreparedImage,
    query_folder: Path,
    make_config: MakeConfig,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    reason: str,
) -> None:
    config = make_config(query_folder)
    masker = ImageMasker(config)
    detect = masker._masker.landmark_detector.detect

    def changing(photo: np.ndarray, people: Sequence[Person]) -> list[np.ndarray]:
        image.path.unlink()
        if change == "rewritten":
            Image.fromarray(photo[::-1]).save(image.path)
        return detect(photo, people)

    monkeypatch.setattr(masker._masker.landmark_detector, "detect", changing)
    outcome = masker.mask(image)
    assert outcome.status == Status.FAILED
    assert reason in outcome.reason
    assert outputs_of(image, config.folders.output_folder) == set()


@pytest.mark.parametrize(("policy", "masked", "other"), [("largest", 1, 1), ("all", 2, 0)])
def test_several_faces_are_masked_or_counted_as_asked(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig, policy: str, masked: int, other: int
) -> None:
    photo = bad_picture("two faces")
    Image.fromarray(photo).save(image.path)
    config = make_config(query_folder, f"RECONSTRUCTION.SEVERAL_FACES={policy}", "OUTPUT.SAVE_TEXTURE=yes")
    outcome = ImageMasker(config).mask(image)
    assert (outcome.status, details_of(outcome).masked_faces, details_of(outcome).other_faces) == (
        Status.MASKED,
        masked,
        other,
    )
    overlay, mask_only = (read(image.path.with_name(f"{image.stem}_{kind}.png")) for kind in ("overlay", "mask_only"))
    expected = fit(photo, policy)
    hulls = [hull_pixels(landmarks, *photo.shape[:2]) for landmarks in expected.landmarks]
    assert len(hulls) == masked
    inside = np.logical_or.reduce(hulls)
    assert np.array_equal(overlay[inside], mask_only[inside])
    assert np.array_equal(overlay[~inside], photo[~inside])
    for hull in hulls:
        assert (mask_only[hull] != 255).any(axis=1).mean() > 0.98
    mesh = image.path.with_name(f"{image.stem}_mesh.obj").read_bytes()
    assert mesh.count(b"v ") == len(expected.reconstruction.vertices)


def test_a_face_that_is_found_in_the_overlay_alone_is_counted_where_it_forbids_the_mask(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = bad_picture("two faces")
    Image.fromarray(photo).save(image.path)
    masker = ImageMasker(make_config(query_folder))
    found = masker._masker.finder.find(photo)
    assert len(found.people) == 1
    blind = replace(found, unproven=())
    monkeypatch.setattr(masker._masker, "find", lambda _: (blind, select(blind, "refuse")))
    outcome = masker.mask(image)
    assert outcome.status == Status.SEVERAL_FACES
    assert details_of(outcome).candidates >= 2


def test_ringnet_takes_no_image_of_several_faces(query_folder: Path, make_config: MakeConfig) -> None:
    config = make_config(query_folder, "RECONSTRUCTION.RECONSTRUCTOR=ringnet", "RECONSTRUCTION.SEVERAL_FACES=all")
    with pytest.raises(ConfigError, match="SEVERAL_FACES = all needs the face mesh"):
        ImageMasker(config)


class Elsewhere(FaceMesh):
    """A reconstructor that puts the face's mesh somewhere else than the face is."""

    def __init__(self, metres: float) -> None:
        super().__init__()
        self._shift = np.array([metres, 0.0, 0.0])

    def reconstruct(self, image: np.ndarray, people: Sequence[Person]) -> Reconstruction:
        reconstruction = super().reconstruct(image, people)
        return replace(reconstruction, translation=reconstruction.translation + self._shift)


@pytest.mark.parametrize(("metres", "reason"), [(0.04, "reaches"), (0.5, "blank")])
def test_a_mesh_beside_the_face_gets_no_mask(
    image: PreparedImage,
    query_folder: Path,
    make_config: MakeConfig,
    monkeypatch: pytest.MonkeyPatch,
    metres: float,
    reason: str,
) -> None:
    monkeypatch.setattr("masking.masks.photo_masker.open_reconstructor", lambda options: Elsewhere(metres))
    config = make_config(query_folder)
    outcome = ImageMasker(config).mask(image)
    assert outcome.status == Status.MESH_MISSES_HULL
    assert reason in outcome.reason
    assert outputs_of(image, config.folders.output_folder) == set()


def test_a_cut_that_lets_the_photo_through_is_not_published(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from landmark_cropping import Mask

    def leaky_cut(photo: np.ndarray, rendered: np.ndarray, inside: np.ndarray, background: int) -> Mask:
        overlay = np.where(inside[:, :, None], rendered, photo)
        row, column = np.argwhere(inside & (rendered != photo).any(axis=2))[0]
        overlay[row, column] = photo[row, column]
        return Mask(inside, overlay, np.where(inside[:, :, None], rendered, np.uint8(background)))

    monkeypatch.setattr("masking.masks.photo_masker.cut_mask", leaky_cut)
    config = make_config(query_folder)
    outcome = ImageMasker(config).mask(image)
    assert outcome.status == Status.FAILED
    assert "something other than the render inside the hull" in outcome.reason
    assert outputs_of(image, config.folders.output_folder) == set()


def test_an_unforeseen_error_costs_one_image_and_is_reported(
    image: PreparedImage,
    query_folder: Path,
    make_config: MakeConfig,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    masker = ImageMasker(make_config(query_folder))

    def broken(photo: np.ndarray, people: Sequence[Person]) -> Reconstruction:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(masker._masker.reconstructor, "reconstruct", broken)
    outcome = masker.mask(image)
    assert (outcome.status, outcome.reason) == (Status.FAILED, "RuntimeError: out of luck")
    assert "out of luck" in caplog.text


def test_outputs_that_can_not_be_removed_are_reported_with_the_reason(
    image: PreparedImage, query_folder: Path, make_config: MakeConfig
) -> None:
    image.path.with_name(f"{image.stem}_overlay.png").mkdir()
    image.path.write_bytes(b"")
    outcome = ImageMasker(make_config(query_folder)).mask(image)
    assert outcome.status == Status.FAILED
    assert "the file is empty; and an output of an earlier run can't be removed" in outcome.reason


def test_the_same_photo_gives_the_same_bytes(image: PreparedImage, query_folder: Path, make_config: MakeConfig) -> None:
    config = make_config(query_folder)
    seen = []
    for _ in range(2):
        ImageMasker(config).mask(image)
        names = sorted(path.name for path in image.path.parent.iterdir())
        seen.append([(name, (image.path.parent / name).read_bytes()) for name in names])
    assert seen[0] == seen[1]


def test_a_batch_s_time_is_shared_among_its_images(
    query_folder: Path, make_config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [entry for entry in walk(query_folder) if isinstance(entry, PreparedImage)][:4]
    masker = ImageMasker(make_config(query_folder))
    reconstructor = masker._masker.reconstructor
    reconstruct = type(reconstructor).reconstruct_batch

    def slowly(*arguments: object) -> object:
        time.sleep(0.4)
        return reconstruct(reconstructor, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reconstructor, "reconstruct_batch", slowly)
    monkeypatch.setattr(type(reconstructor), "batch_size", 4, raising=False)
    seconds = [outcome.step_seconds["reconstruct"] for outcome in masker.process(images)]
    assert len(set(seconds)) <= 4
    assert 0.4 <= sum(seconds) < 0.8
