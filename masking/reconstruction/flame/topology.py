"""The triangles of FLAME's head, from whichever of its two files is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.core.errors import ModelFileError
from masking.geometry.ply import PlyError, read_ply_triangles
from masking.reconstruction.flame.model import MODEL_NAME, load_flame_model
from masking.reconstruction.model_files import FLAME_MODEL, FLAME_SAMPLE, read_model_file

SAMPLE_NAME = "FLAME_sample.ply"
MAX_BYTES = 1 << 28
FLAME_KEYPOINT_VERTICES = (range(4477, 5023), range(3931, 4477), (3564,), ())
"""Of FLAME's 5023 vertices those of the right eyeball, the left eyeball, the nose tip, and none for the mouth, as tools
that work on FLAME number them.
"""


@dataclass(frozen=True)
class Topology:
    """Triangles faces (F, 3) int32 over `vertex_count` vertices, as `path` has them."""

    faces: npt.NDArray[np.int32]
    vertex_count: int
    path: Path

    def check_vertex_count(self, expected: int) -> None:
        """Raise ModelFileError unless these are triangles over the network's `expected` vertices."""
        if self.vertex_count != expected:
            problem = f"has {self.vertex_count} vertices, and RingNet's network yields {expected}"
            download = FLAME_SAMPLE if self.path.name == SAMPLE_NAME else FLAME_MODEL
            raise ModelFileError(self.path, problem, download.remedy(self.path.parent))


def load_topology(folder: Path) -> Topology:
    """FLAME's triangles from FLAME_sample.ply in `folder`, or else from generic_model.pkl there.

    Raises ModelFileError if neither is there or the one that is read is damaged.
    """
    sample, model = folder / SAMPLE_NAME, folder / MODEL_NAME
    if sample.exists():
        return _from_sample(sample)
    if model.exists():
        flame = load_flame_model(model)
        return Topology(flame.faces, len(flame.template), model)
    remedy = f"{FLAME_SAMPLE.remedy(folder)}; or {FLAME_MODEL.remedy(folder)}"
    raise ModelFileError(sample, f"is missing, and so is {MODEL_NAME}", remedy)


def _from_sample(path: Path) -> Topology:
    data = read_model_file(path, MAX_BYTES, FLAME_SAMPLE)
    try:
        vertex_count, faces = read_ply_triangles(data)
    except PlyError as error:
        raise ModelFileError(path, f"was not read: {error}", FLAME_SAMPLE.remedy(path.parent)) from error
    return Topology(faces, vertex_count, path)
