"""`--faces` finds what a mask leaves of a face, and a mask that lies askew, and nothing on sound masks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from landmark_cropping import cut_mask, hull_pixels
from masking.audit.faces import FaceCheck
from masking.audit.tree import MaskedImage
from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.core.errors import ExitCode
from masking.dataset import PreparedImage
from masking.reconstruction.base import joined_mesh
from masking.rendering.registry import open_renderer
from tests.audit.command import audit
from tests.fits import fit

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def check() -> FaceCheck:
    return FaceCheck()


def masked(photo: np.ndarray, rendered: np.ndarray, inside: np.ndarray) -> MaskedImage:
    mask = cut_mask(photo, rendered, inside)
    return MaskedImage(PreparedImage("", "", Path("x_prep.png")), photo, mask.overlay, mask.mask_only, 1)


def drawn(photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The render of the photo's first person, and the hull."""
    fitted = fit(photo, "largest")
    vertices, triangles = joined_mesh([fitted.reconstruction])
    height, width = photo.shape[:2]
    render = open_renderer(in_memory_config(rendering=RenderingOptions())).render(
        vertices, triangles, fitted.reconstruction.camera, height, width
    )
    return render.image, hull_pixels(fitted.landmarks[0], height, width)


def moved(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return cv2.warpAffine(
        picture.astype(np.uint8), matrix, (width, height), flags=cv2.INTER_NEAREST, borderValue=(255, 255, 255)
    )


def test_sound_masks_raise_no_alarm(check: FaceCheck, example_crops: dict[str, np.ndarray]) -> None:
    for photo in example_crops.values():
        for turn in range(4):
            turned = np.ascontiguousarray(np.rot90(photo, turn))
            assert list(check(masked(turned, *drawn(turned)))) == []


@pytest.mark.parametrize(("right", "down"), [(45, 0), (-45, 0), (0, 45), (0, -50)])
def test_a_mask_beside_the_face_is_reported(check: FaceCheck, crop: np.ndarray, right: int, down: int) -> None:
    rendered, inside = drawn(crop)
    matrix = np.array([[1.0, 0, right], [0, 1, down]])
    faults = list(check(masked(crop, moved(rendered, matrix), moved(inside, matrix) == 1)))
    assert any("can be seen" in fault for fault in faults)


@pytest.mark.parametrize("degrees", [60, 135, 180, 270])
def test_a_mask_that_is_turned_is_reported(check: FaceCheck, crop: np.ndarray, degrees: int) -> None:
    rendered, inside = drawn(crop)
    rows, columns = np.nonzero(inside)
    matrix = cv2.getRotationMatrix2D((float(columns.mean()), float(rows.mean())), degrees, 1)
    faults = list(check(masked(crop, moved(rendered, matrix), moved(inside, matrix) == 1)))
    assert any("turned another way" in fault for fault in faults)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("poster_1_08_prep.jpg", "a face at (94"),
        ("tshirt_of_self_prep.png", "a face at (11"),
        ("neighbour_cut_0.4_prep.png", "half a face at the border"),
        ("g61_2_prep.jpg", "can be seen: right eye (100%), left eye (100%), nose tip (100%), mouth (100%)"),
    ],
)
def test_a_second_face_that_was_left_is_reported(check: FaceCheck, name: str, fault: str) -> None:
    photo = np.asarray(Image.open(CASES / name).convert("RGB"))
    assert any(fault in found for found in check(masked(photo, *drawn(photo))))


def test_a_badge_masked_in_place_of_the_face_is_reported(check: FaceCheck) -> None:
    photo = np.asarray(Image.open(CASES / "c1_prep.png").convert("RGB"))
    inside = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(inside, (58, 340), 34, 1, -1)
    faults = list(check(masked(photo, np.full_like(photo, 165), inside.astype(bool))))
    assert any("right eye (100%), left eye (100%)" in fault for fault in faults)


def test_the_command_asks_for_it(tmp_path: Path, crop: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    video = tmp_path / "query" / "Ada" / "1"
    video.mkdir(parents=True)
    rendered, inside = drawn(crop)
    matrix = np.array([[1.0, 0, 45], [0, 1, 0]])
    bad = masked(crop, moved(rendered, matrix), moved(inside, matrix) == 1)
    for name, picture in (("", crop), ("_overlay", bad.overlay), ("_mask_only", bad.mask_only)):
        Image.fromarray(picture).save(video / f"x_prep{name}.png")
    assert audit([str(tmp_path / "query"), "--faces"]) == ExitCode.SOME_NOT_DONE
    assert "right eye" in capsys.readouterr().out
