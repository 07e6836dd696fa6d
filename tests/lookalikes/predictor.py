"""Train a small 81-point dlib predictor on the two portraits whose rights are clear, turned and shifted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from examples.make_tree import portraits
from tests.lookalikes.face_points import face_points

NAME = "shape_predictor_81_face_landmarks.dat"


def write_predictor(folder: Path, *, variants: int = 24) -> None:
    """Write shape_predictor_81_face_landmarks.dat into `folder`. It serves for these portraits and crops of them."""
    import dlib

    folder.mkdir(parents=True, exist_ok=True)
    detector = dlib.get_frontal_face_detector()
    random = np.random.default_rng(0)
    images, objects = [], []
    for portrait in portraits().values():
        for variant in range(variants):
            image = _turned(portrait, random) if variant else portrait
            boxes = detector(image)
            if len(boxes) == 1:
                images.append(image)
                objects.append([_with_points(dlib, boxes[0], face_points(image, _square(boxes[0])))])
    options = dlib.shape_predictor_training_options()
    options.tree_depth, options.nu, options.cascade_depth = 3, 0.1, 8
    options.num_trees_per_cascade_level, options.oversampling_amount = 60, 10
    options.random_seed, options.num_threads = "0", 1
    dlib.train_shape_predictor(images, objects, options).save(str(folder / NAME))


def _turned(portrait: npt.NDArray[np.uint8], random: np.random.Generator) -> npt.NDArray[np.uint8]:
    height, width = portrait.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-8, 8), random.uniform(0.5, 1.1))
    turn[:, 2] += random.uniform(-10, 10, 2)
    return np.asarray(cv2.warpAffine(portrait, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _square(box: Any) -> tuple[float, float, float]:
    return box.center().x, box.center().y - 0.05 * box.height(), 1.6 * box.width()


def _with_points(dlib: Any, box: Any, points: npt.NDArray[np.float64]) -> Any:
    parts = [dlib.point(int(u), int(v)) for u, v in np.rint(points)]
    return dlib.full_object_detection(box, parts)
