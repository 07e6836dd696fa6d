"""What the embedded default makes of a picture, models loaded once for all tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from masking.faces.finder import FaceFinder, Person
from masking.faces.landmarks import FaceMeshLandmarks
from masking.faces.selection import select
from masking.reconstruction.base import Reconstruction
from masking.reconstruction.facemesh import FaceMesh


@dataclass(frozen=True)
class Fit:
    people: tuple[Person, ...]
    reconstruction: Reconstruction
    landmarks: list[npt.NDArray[np.float64]]


def fit(picture: npt.NDArray[np.uint8], several_faces: str = "refuse") -> Fit:
    """The people in `picture` who would be masked, their meshes and their 81 landmarks."""
    people = select(finder().find(picture, several_faces), several_faces).people
    return Fit(people, FaceMesh().reconstruct(picture, people), FaceMeshLandmarks().detect(picture, people))


@cache
def finder() -> FaceFinder:
    return FaceFinder()
