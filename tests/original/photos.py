"""Photos to compare with the original on: views of the example portraits, in all sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dlib
import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.scenes.portraits import VIEWS, load_portraits, seen_from
from benchmarks.scenes.scene import framed
from masking.faces.finder import FaceFinder

SIZES = ((224, 224), (300, 300), (200, 260), (256, 224), (512, 512), (448, 600), (160, 160), (224, 320))
"""Width and height, pixels."""
MARGINS = (1.75, 2.1)
"""The longer side over the face's box: RingNet's look-alike lays its head over faces of about this size."""
Picture = npt.NDArray[np.uint8]


def photos(count: int) -> Iterator[tuple[str, Picture]]:
    """`count` loose crops with whom they show, no two alike, in each of which dlib and the face mesh see one face."""
    random, finder, detector = np.random.default_rng(11), FaceFinder(), dlib.get_frontal_face_detector()
    portraits, found = load_portraits(), 0
    while found < count:
        portrait = seen_from(portraits[found % len(portraits)], *VIEWS[int(random.integers(len(VIEWS)))])
        size = SIZES[found % len(SIZES)]
        offset = (random.uniform(-0.04, 0.04), random.uniform(-0.04, 0.04))
        margin = random.uniform(*MARGINS) * min(size) / max(size)
        picture, _ = framed(portrait, random.uniform(-5, 5), margin, size, offset)
        if len(finder.find(picture).people) == 1 and len(detector(picture, 0)) == 1:
            yield portrait.name, picture
            found += 1


def write_tree(folder: Path, count: int) -> None:
    """A tree of `count` prepared images below `folder`, named as the original's first stage names them."""
    for number, (name, picture) in enumerate(photos(count)):
        video = folder / name / str(number // 4)
        video.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(video / f"{name}_{number // 4}.{number:03}_prep.png")
