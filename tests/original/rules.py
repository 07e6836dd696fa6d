"""What the original pipeline makes of a photo, stated anew: crop, network, camera, OpenDR, dlib, hull, files.

Nothing of the pipeline that is tested is used here, so that the two can be compared. Where the original fails, it is
mended as the pipeline says: x is clipped by the width, and without exactly one face there is nothing.
"""

from __future__ import annotations

import ctypes
import io
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import numpy.typing as npt
import trimesh
from PIL import Image
from scipy.spatial import ConvexHull
from skimage.draw import polygon

from tests.lookalikes.checkpoint import OriginalSession

SIDE, FOCAL_LENGTH, GREY = 224, 50_000.0, 0.65
COUNTS = {"cam": 3, "pose": 6, "shape": 100, "expression": 50}
LIGHTS = (((-200.0, -100.0, -100.0), 1.0), ((800.0, 10.0, 300.0), 1.0), ((-500.0, 500.0, 1000.0), 0.7))
"""Where they stand before they are turned by 120 degrees about y, and how strong they are."""
BESIDE = ("{}_overlay.png", "{}_mask_only.png")
BACKUP = (
    "images/{}_overlay.png", "images/{}_mask_only.png", "images/{}overlay.npy", "images/{}mask_only.npy",
    "mesh/{}.obj", "params/{}.npy",
)  # fmt: skip
"""The names of all that it writes of `{}.png`: beside it, and in OUTPUT_FOLDER."""
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Made:
    """What the original makes of a photo. overlay, mask_only (H, W, 3) uint8; inside (H, W) bool: the hull's pixels;
    vertices (5023, 3) float32, its own axes, metres.
    """

    overlay: Picture
    mask_only: Picture
    inside: npt.NDArray[np.bool_]
    vertices: npt.NDArray[np.float32]
    parameters: Mapping[str, npt.NDArray[np.float32]]


class Original:
    """The original with its models loaded. opens a session that must be closed: use as a context manager."""

    def __init__(self, model_folder: Path, flame_folder: Path, predictor_file: Path) -> None:
        load_opendr()
        self.faces = np.asarray(trimesh.load(flame_folder / "FLAME_sample.ply", process=False).faces)
        self._session = OriginalSession(model_folder)
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(predictor_file))

    def __enter__(self) -> Original:
        return self

    def __exit__(self, *error: object) -> None:
        self._session.__exit__(*error)

    def make(self, photo: Picture) -> Made:
        """What it makes of `photo` (H, W, 3) uint8 RGB, in which dlib finds exactly one face."""
        crop, scale, start = crop_around_middle(photo)
        numbers, vertices = self._session.run((2 * (crop / 255.0 - 0.5)).astype(np.float32))
        ends = np.cumsum(list(COUNTS.values()))[:-1]
        parameters = dict(zip(COUNTS, np.split(numbers[0], ends), strict=True))
        render = draw(vertices[0], self.faces, parameters["cam"], scale, start, photo.shape[:2])
        inside = self.hull(photo)
        overlay, mask_only = photo.copy(), np.full_like(photo, 255)
        overlay[inside] = mask_only[inside] = render[inside]
        return Made(overlay, mask_only, inside, vertices[0], parameters)

    def hull(self, photo: Picture) -> npt.NDArray[np.bool_]:
        (face,) = self._detector(photo, 0)
        found = self._predictor(photo, face)
        points = np.array([(found.part(index).x, found.part(index).y) for index in range(81)])
        points = np.clip(points, 0, [photo.shape[1] - 1, photo.shape[0] - 1])
        corners = points[ConvexHull(points).vertices]
        inside = np.zeros(photo.shape[:2], bool)
        inside[polygon(corners[:, 1], corners[:, 0], photo.shape[:2])] = True
        return inside


def files(made: Made, faces: npt.NDArray[np.integer], stem: str) -> dict[str, bytes]:
    """The files that it writes, by their names below OUTPUT_FOLDER; pictures as they come out of Pillow."""
    lines = ["v {:f} {:f} {:f}\n".format(*vertex) for vertex in made.vertices.astype(np.float64)]
    lines += ["f {:d} {:d} {:d}\n".format(*face) for face in faces + 1]
    contents = (
        png(made.overlay), png(made.mask_only), npy(made.overlay), npy(made.mask_only),
        "".join(lines).encode(), npy(np.array(made.parameters, dtype=object)),
    )  # fmt: skip
    return {name.format(stem): content for name, content in zip(BACKUP, contents, strict=True)}


def crop_around_middle(photo: Picture) -> tuple[Picture, float, npt.NDArray[np.int64]]:
    """The network's crop (224, 224, 3), the scale, and where in the scaled photo, widened by 112, it begins, (x, y)."""
    height, width = photo.shape[:2]
    scale = 1.0 if max(height, width) == SIDE else SIDE / max(height, width)
    new_width, new_height = int(np.floor(width * scale)), int(np.floor(height * scale))
    scaled = cv2.resize(photo, (new_width, new_height))
    middle = np.round(np.array([width, height]) / 2)
    start = np.round(middle * [new_width / width, new_height / height]).astype(np.int64)
    half = SIDE // 2
    widened = np.pad(scaled, ((half, half), (half, half), (0, 0)), mode="edge")
    crop = widened[start[1] : start[1] + SIDE, start[0] : start[0] + SIDE]
    return np.asarray(crop, np.uint8), float(scale), start


def draw(
    vertices: npt.NDArray[np.float32],
    faces: npt.NDArray[np.integer],
    cam: npt.NDArray[np.float32],
    scale: float,
    start: npt.NDArray[np.int64],
    size: tuple[int, int],
) -> Picture:
    """The mesh in grey on white, `size` (height, width), by a fresh OpenDR renderer."""
    from opendr.camera import ProjectPoints
    from opendr.lighting import LambertianPointLight
    from opendr.renderer import ColoredRenderer

    s, x, y = (float(number) for number in cam)
    placed = vertices.astype(np.float64) + np.array([x, y, FOCAL_LENGTH / (0.5 * SIDE * s)])
    renderer = ColoredRenderer()
    focal_length = np.full(2, FOCAL_LENGTH / scale)
    renderer.camera = ProjectPoints(rt=np.zeros(3), t=np.zeros(3), f=focal_length, c=start / scale, k=np.zeros(5))
    near, far = max(placed[:, 2].min() - 25, 0.1), max(placed[:, 2].max() + 25, 25)
    renderer.frustum = {"near": near, "far": far, "width": size[1], "height": size[0]}
    renderer.set(v=placed, f=faces, bgcolor=np.ones(3))
    turn = np.radians(120)
    c, d = np.cos(turn), np.sin(turn)
    about_y = np.array([[c, 0, d], [0, 1, 0], [-d, 0, c]])
    renderer.vc = sum(
        LambertianPointLight(
            f=faces, v=renderer.v, num_verts=len(placed), light_pos=np.array(position) @ about_y,
            vc=np.full((len(placed), 3), GREY), light_color=np.full(3, strength),
        )
        for position, strength in LIGHTS
    )  # fmt: skip
    return np.asarray(np.rint(np.asarray(renderer.r) * 255), np.uint8)


def load_opendr() -> None:
    """Import OpenDR, whose Mesa must not find TensorFlow's LLVM. Raises ImportError or OSError where it is missing."""
    ctypes.CDLL("libOSMesa.so.8", mode=os.RTLD_NOW | getattr(os, "RTLD_DEEPBIND", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import opendr.renderer  # noqa: F401


def png(picture: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def npy(array: npt.NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def unpickled(content: bytes) -> Any:
    """What an old analysis gets: numpy.load(file, allow_pickle=True).item(). Only for files of the test's own."""
    return np.load(io.BytesIO(content), allow_pickle=True).item()


__all__ = ["BACKUP", "BESIDE", "COUNTS", "Made", "Original", "files", "load_opendr", "unpickled"]
