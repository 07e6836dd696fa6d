"""On LiteRT a photo gets TensorFlow's vertices, and TensorFlow's overlay but for a pixel here and there.

With a look-alike of the real network's size, for some minutes, so only with `-m slow`.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from examples.make_tree import portraits
from landmark_cropping import cut_mask, hull_pixels
from masking.core.config import in_memory_config
from masking.core.config.options import ReconstructionOptions
from masking.faces.finder import FaceFinder
from masking.faces.landmarks import FaceMeshLandmarks
from masking.reconstruction import Reconstruction
from masking.reconstruction.ringnet import RingNet
from masking.reconstruction.ringnet.network import VERTEX_TOLERANCE
from masking.rendering.base import Renderer
from masking.rendering.registry import open_renderer
from tests.lookalikes.checkpoint import write_checkpoint
from tests.sharing import made_once

pytestmark = pytest.mark.slow
PHOTOS = 20
SIZES = {"224": (224, 224), "300x200": (300, 200), "500x700": (500, 700), "1024": (1024, 1024)}
EXACT_SHARE = 0.9997
FURTHER_PIXELS = 3
"""Of one overlay; what lies on an edge of the mesh may fall to the other side of it."""
Picture = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, flame_folder: Path) -> tuple[RingNet, RingNet]:
    model = made_once(tmp_path_factory, "full_size_model", lambda folder: write_checkpoint(folder, full_size=True))
    options = ReconstructionOptions(model_folder=model, flame_folder=flame_folder, device="cpu")
    on = [RingNet(options.model_copy(update={"runtime": runtime})) for runtime in ("litert", "tensorflow")]
    assert [ringnet.description.rpartition("; ")[2].split()[0].strip(")") for ringnet in on] == ["LiteRT", "TensorFlow"]
    return on[0], on[1]


def photos(width: int, height: int) -> list[Picture]:
    """Loose crops of this size around the two portraits' faces, no two alike."""
    random = np.random.default_rng(width + height)
    finder, found = FaceFinder(), []
    while len(found) < PHOTOS:
        portrait = list(portraits().values())[len(found) % 2]
        side = min(portrait.shape[:2]) * random.uniform(0.55, 0.95)
        crop_height, crop_width = (round(side * part / max(width, height)) for part in (height, width))
        rest = portrait.shape[0] - crop_height, portrait.shape[1] - crop_width
        top, left = (round(random.uniform(0, 0.5) * free) for free in rest)
        crop = portrait[top : top + crop_height, left : left + crop_width]
        photo = np.asarray(cv2.resize(crop, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
        if finder.find(photo).people:
            found.append(photo)
    return found


def overlay(renderer: Renderer, photo: Picture, hull: npt.NDArray[np.bool_], face: Reconstruction) -> Picture:
    height, width = photo.shape[:2]
    render = renderer.render(face.camera_vertices, face.faces, face.camera, height, width)
    return cut_mask(photo, render.image, hull).overlay


@pytest.mark.parametrize("size", SIZES)
def test_vertices_and_overlays_are_tensorflows(both: tuple[RingNet, RingNet], size: str) -> None:
    exact, finder, landmarks = [], FaceFinder(), FaceMeshLandmarks()
    renderer = open_renderer(in_memory_config())
    for photo in photos(*SIZES[size]):
        faces = [ringnet.reconstruct(photo) for ringnet in both]
        np.testing.assert_allclose(faces[0].vertices, faces[1].vertices, rtol=0, atol=VERTEX_TOLERANCE)
        points = landmarks.detect(photo, finder.find(photo).people)[0]
        hull = hull_pixels(points, *photo.shape[:2])
        one, other = (overlay(renderer, photo, hull, face).astype(int) for face in faces)
        assert (one != photo).any(), "an overlay that shows no mesh compares nothing"
        exact.append((one == other).all(axis=2).mean())
        assert (np.abs(one - other).max(axis=2) > 1).sum() <= FURTHER_PIXELS
    print(f"{size}: {min(exact):.5%} of an overlay's pixels exact at least, {np.mean(exact):.5%} on average")
    assert np.mean(exact) >= EXACT_SHARE
