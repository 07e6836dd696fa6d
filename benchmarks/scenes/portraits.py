"""Portraits, where their eyes, noses and mouths are, and what they look like from beside, from above and from below."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from examples.make_tree import portraits as example_portraits
from examples.views import Picture, Points, Portrait, seen_from
from masking.faces.finder import FaceFinder

__all__ = ["PARTS", "VIEWS", "Picture", "Points", "Portrait", "load_portraits", "seen_from"]

PARTS: Mapping[str, tuple[int, ...]] = {
    "right eye": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    "left eye": (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    "nose": (
        168,
        193,
        122,
        196,
        236,
        198,
        209,
        49,
        48,
        64,
        98,
        97,
        2,
        326,
        327,
        294,
        278,
        279,
        429,
        420,
        456,
        419,
        351,
    ),
    "mouth": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
}
"""The mesh's vertices around each part of the face."""
VIEWS = ((0, 0), (-25, 0), (-12, 0), (12, 0), (25, 0), (0, -10), (0, 10), (15, 8))
"""Yaw and pitch, degrees, that the portraits are turned by."""


def load_portraits(folder: Path | None = None) -> list[Portrait]:
    """The example portraits, or the pictures in `folder`, of one person each; without those whose face isn't proven."""
    finder = FaceFinder()
    pictures = dict(example_portraits())
    if folder is not None:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".png", ".jpg", ".jpeg"})
        pictures = {path.stem: np.asarray(Image.open(path).convert("RGB")) for path in files}
    found = ((name, picture, finder.find(picture, "largest").people) for name, picture in pictures.items())
    return [Portrait(name, picture, people[0].face.points) for name, picture, people in found if people]
