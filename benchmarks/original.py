"""The original's way of masking, as its description in docs has it, to compare with: one image after another, and for
each the model loaded anew, a fresh OpenDR renderer, and the mesh written by a Python loop.

The built-in renderer takes OpenDR's place where that is not installed, which flatters the original.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.renderers import original_renderer
from masking.core.config import Config, load_config
from masking.core.errors import MissingPackageError
from masking.faces.finder import FaceFinder, Person
from masking.faces.selection import select
from masking.reconstruction.base import Reconstruction
from masking.rendering.registry import open_renderer


def main() -> int:
    """Mask the images and print, as JSON, seconds an image and what drew them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    options = parser.parse_args()
    config = load_config(None, [("--set", *setting.partition("=")[::2]) for setting in options.settings])
    from masking.faces.landmarks import open_landmark_detector

    renderer = renderer_name()
    landmarks = open_landmark_detector(config)
    photos = sorted(config.folders.input_folder.rglob("*_prep.png"))
    backup = config.folders.output_folder
    for name in ("images", "mesh", "params"):
        (backup / name).mkdir(parents=True, exist_ok=True)
    seconds = []
    for number in range(options.images + 1):
        started = time.perf_counter()
        mask(photos[number % len(photos)], config, landmarks, renderer, backup)
        seconds.append(time.perf_counter() - started)
    # The first image also imports TensorFlow.
    print(json.dumps({"seconds": sum(seconds[1:]) / options.images, "renderer": renderer}))
    return 0


@cache
def finder() -> FaceFinder:
    return FaceFinder()


def renderer_name() -> str:
    from masking.rendering.opendr_renderer import load_opendr

    try:
        load_opendr()
    except MissingPackageError:
        return "builtin"
    return "opendr"


def mask(path: Path, config: Config, landmarks: Any, renderer: str, backup: Path) -> None:
    from scipy.spatial import ConvexHull
    from skimage.draw import polygon

    photo = np.array(Image.open(path).convert("RGB"))
    people = select(finder().find(photo), "refuse").people
    reconstruction = reconstruct(photo, people, config)
    rendered = draw(reconstruction, photo.shape[0], renderer)
    points = np.clip(np.rint(landmarks.detect(photo, people)[0]), 0, photo.shape[0] - 1).astype(int)
    corners = points[ConvexHull(points).vertices]
    rows, columns = polygon(corners[:, 1], corners[:, 0], photo.shape[:2])
    overlay, mask_only = photo.copy(), np.full_like(photo, 255)
    overlay[rows, columns] = mask_only[rows, columns] = rendered[rows, columns]
    for name, picture in (("overlay", overlay), ("mask_only", mask_only)):
        Image.fromarray(picture).save(path.with_name(f"{path.stem}_{name}.png"))
        Image.fromarray(picture).save(backup / "images" / f"{path.stem}_{name}.png")
        np.save(backup / "images" / f"{path.stem}_{name}.npy", picture)
    write_obj(backup / "mesh" / f"{path.stem}.obj", reconstruction)
    (backup / "params" / f"{path.stem}.npy").write_bytes(pickle.dumps(dict(reconstruction.parameters)))


def reconstruct(photo: npt.NDArray[np.uint8], people: Sequence[Person], config: Config) -> Reconstruction:
    """With the model loaded for this image alone."""
    if config.reconstruction.reconstructor == "facemesh":
        from masking.reconstruction.facemesh import FaceMesh

        return FaceMesh().reconstruct(photo, people)
    from masking.geometry.camera import head_distance
    from masking.reconstruction.flame.topology import load_topology
    from masking.reconstruction.ringnet.parameters import split_parameters
    from masking.reconstruction.ringnet.preprocessing import crop_image, network_input
    from tests.lookalikes.checkpoint import OriginalSession

    crop, cropping = crop_image(photo)
    with OriginalSession(config.reconstruction.model_folder) as session:
        vector, vertices = session.run(network_input(crop)[0])
    parameters = split_parameters(vector[0])
    scale, x, y = (float(value) for value in parameters["cam"])
    faces = load_topology(config.reconstruction.flame_folder).faces
    translation = np.array([x, y, head_distance(scale)])
    return Reconstruction(vertices[0], faces, translation, cropping.camera, parameters)


def draw(reconstruction: Reconstruction, size: int, renderer: str) -> npt.NDArray[np.uint8]:
    vertices, faces, camera = reconstruction.camera_vertices, reconstruction.faces, reconstruction.camera
    if renderer == "builtin":
        from masking.core.config import in_memory_config
        from masking.core.config.options import RenderingOptions

        return (
            open_renderer(in_memory_config(rendering=RenderingOptions()))
            .render(vertices, faces, camera, size, size)
            .image
        )
    drawn = original_renderer(vertices, faces, camera, size).r
    return np.asarray(np.rint(drawn * 255), dtype=np.uint8)


def write_obj(path: Path, reconstruction: Reconstruction) -> None:
    with path.open("w") as file:
        for x, y, z in reconstruction.vertices:
            file.write(f"v {x:f} {y:f} {z:f}\n")
        for a, b, c in reconstruction.faces + 1:
            file.write(f"f {a} {b} {c}\n")


if __name__ == "__main__":
    sys.exit(main())
