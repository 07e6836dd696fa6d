"""The triangles of FLAME's head, from whichever of its two files is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.core.downloads import FoundFile, find, find_if_there, read_found
from masking.core.errors import MissingModelFileError, ModelFileError
from masking.geometry.ply import PlyError, read_ply_triangles
from masking.reconstruction.flame.model import load_flame_model
from masking.reconstruction.wanted_files import FLAME_MODEL_FILE, FLAME_SAMPLE_FILE

FLAME_KEYPOINT_VERTICES = (range(4477, 5023), range(3931, 4477), (3564,), ())
"""Of FLAME's 5023 vertices those of the right eyeball, the left eyeball, the nose tip, and none for the mouth, as tools
that work on FLAME number them.
"""


@dataclass(frozen=True)
class Topology:
    """Triangles faces (F, 3) int32 over `vertex_count` vertices, as `file` has them."""

    faces: npt.NDArray[np.int32]
    vertex_count: int
    file: FoundFile

    def check_vertex_count(self, expected: int) -> None:
        """Raise ModelFileError unless these are triangles over the network's `expected` vertices."""
        if self.vertex_count != expected:
            problem = f"has {self.vertex_count} vertices, and RingNet's network yields {expected}"
            is_sample = FLAME_SAMPLE_FILE.rank(self.file.plain_name) is not None
            wanted = FLAME_SAMPLE_FILE if is_sample else FLAME_MODEL_FILE
            raise ModelFileError(str(self.file), problem, wanted.download.remedy(self.file.path.parent))


def load_topology(location: Path) -> Topology:
    """FLAME's triangles from FLAME_sample.ply at `location`, or else from the FLAME model there.

    Raises ModelFileError if neither is there or the one that is read is damaged.
    """
    if sample := find_if_there(FLAME_SAMPLE_FILE, location):
        return load_sample(sample)
    try:
        model = find(FLAME_MODEL_FILE, location)
    except MissingModelFileError as error:
        folder, (_, _, there_is) = error.path.parent, error.problem.partition("; ")
        remedy = f"{FLAME_SAMPLE_FILE.download.remedy(folder)}; or {error.remedy}"
        problem = f"is missing, and so is {FLAME_MODEL_FILE.name}; {there_is}"
        raise MissingModelFileError(folder / FLAME_SAMPLE_FILE.name, problem, remedy) from error
    flame = load_flame_model(model)
    return Topology(flame.faces, len(flame.template), model)


def load_sample(file: FoundFile) -> Topology:
    """The triangles of FLAME_sample.ply. Raises ModelFileError."""
    data = read_found(file, FLAME_SAMPLE_FILE)
    try:
        vertex_count, faces = read_ply_triangles(data)
    except PlyError as error:
        remedy = FLAME_SAMPLE_FILE.download.remedy(file.path.parent)
        raise ModelFileError(str(file), f"was not read: {error}", remedy) from error
    return Topology(faces, vertex_count, file)
