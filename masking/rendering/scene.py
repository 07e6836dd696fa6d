"""What every renderer demands of a mesh before it draws it.

Arrays come out as contiguous, writeable copies, because to the compiled loops a read-only array is another type.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def checked_vertices(vertices: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """`vertices` (V, 3) as float64. Raises ValueError unless all are finite and in front of the camera."""
    checked: npt.NDArray[np.float64] = np.array(vertices, np.float64, order="C")
    if checked.ndim != 2 or checked.shape[1] != 3 or len(checked) == 0:
        raise ValueError(f"vertices have the shape {checked.shape}, expected (V, 3)")
    if not np.isfinite(checked).all():
        raise ValueError("vertices are not all finite numbers")
    if checked[:, 2].min() <= 0.0:
        raise ValueError("vertices are not all in front of the camera")
    return checked


def checked_faces(faces: npt.NDArray[np.integer], vertex_count: int) -> npt.NDArray[np.int32]:
    """`faces` (F, 3) as int32. Raises ValueError where one names a vertex that isn't there."""
    if faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(f"faces have the shape {faces.shape}, expected (F, 3)")
    if len(faces) and (faces.min() < 0 or faces.max() >= vertex_count):
        raise ValueError(f"faces name vertices that are not among the {vertex_count} given")
    return np.array(faces, np.int32, order="C")
