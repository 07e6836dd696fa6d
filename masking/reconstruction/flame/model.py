"""The FLAME head model, as far as RingNet's outputs need it: its mesh and what a neutral face is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.downloads import FoundFile, read_found
from masking.core.errors import ModelFileError
from masking.reconstruction.flame.pickle_limits import RefusedPickleError
from masking.reconstruction.flame.unpickling import unpickle_arrays
from masking.reconstruction.wanted_files import FLAME_MODEL_FILE

SHAPE_COUNT = 100
"""Shape directions that RingNet's numbers weigh."""


@dataclass(frozen=True)
class FlameModel:
    """FLAME's mesh and its directions of shape.

    template (V, 3) float64, metres, FLAME's frame: x to the subject's left, y up, z towards the viewer.
    shape_directions (V, 3, D) float64: metres for a parameter of 1; the first 300 are shape, the rest expression.
    faces (F, 3) int32.
    """

    template: npt.NDArray[np.float64]
    shape_directions: npt.NDArray[np.float64]
    faces: npt.NDArray[np.int32]

    def neutral_vertices(self, shape: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return a person's face at rest, (V, 3) float64, metres, FLAME's frame: what VOCA takes as a template.

        shape (N,): RingNet's shape parameters, N at most D.
        template + shape_directions[:, :, :N] @ shape, FLAME (Li et al. 2017), eq. 2, with pose and expression 0.
        """
        shape = np.asarray(shape, dtype=np.float64)
        return self.template + self.shape_directions[:, :, : len(shape)] @ shape


def load_flame_model(file: FoundFile) -> FlameModel:
    """Read a FLAME model of any year, as published (some of Python 2, with chumpy) or saved again with plain arrays.

    Raises ModelFileError if it is missing, damaged, holds code, isn't a FLAME model, or was cut down to fewer shape
    directions than RingNet's numbers weigh.
    """
    data = read_found(file, FLAME_MODEL_FILE)
    try:
        content = unpickle_arrays(data)
        return _flame_model(content)
    except RefusedPickleError as error:
        remedy = FLAME_MODEL_FILE.download.remedy(file.path.parent)
        raise ModelFileError(str(file), f"was not read: {error}", remedy) from error


def _flame_model(content: Any) -> FlameModel:
    if not isinstance(content, dict):
        raise RefusedPickleError("it is not a dict, which a FLAME model is")
    template = _numbers(content, "v_template", "f")
    directions = _numbers(content, "shapedirs", "f")
    faces = _numbers(content, "f", "iu")
    if template.ndim != 2 or template.shape[1] != 3:
        raise RefusedPickleError(f"v_template has the shape {template.shape}, not (vertices, 3)")
    if directions.ndim != 3 or directions.shape[:2] != template.shape:
        raise RefusedPickleError(f"shapedirs has the shape {directions.shape}, not {(*template.shape, 'directions')}")
    if faces.ndim != 2 or faces.shape[1] != 3 or not len(faces) or faces.min() < 0 or faces.max() >= len(template):
        raise RefusedPickleError(f"f, of shape {faces.shape}, does not index the {len(template)} vertices")
    if directions.shape[2] < SHAPE_COUNT:
        raise RefusedPickleError(
            f"shapedirs has {directions.shape[2]} directions, and RingNet's shape numbers weigh {SHAPE_COUNT}: it is a "
            "FLAME model that was cut down"
        )
    return FlameModel(template.astype(np.float64), directions.astype(np.float64), faces.astype(np.int32))


def _numbers(content: dict[str, Any], key: str, kinds: str) -> npt.NDArray[Any]:
    values = content.get(key)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in kinds:
        raise RefusedPickleError(f"it has no array {key} of {'whole ' if 'i' in kinds else ''}numbers")
    if not np.isfinite(values).all():
        raise RefusedPickleError(f"{key} is not finite")
    return values
