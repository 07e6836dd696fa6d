"""RingNet's network as a function, whichever runtime computes it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from masking.geometry.camera import CROP_SIZE

INPUT_SHAPE = (1, CROP_SIZE, CROP_SIZE, 3)
VERTEX_TOLERANCE = 1e-5
"""Metres that a vertex of a converted network may lie from TensorFlow's: a hundredth of a millimetre."""
PARAMETER_TOLERANCE = 1e-4
"""How far its parameters may be from TensorFlow's; in the camera's scale it moves a vertex by 0.01 pixels of the crop.
"""

Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Parameters (N, 159) and vertices (N, V, 3), metres, of N images."""


class Network(Protocol):
    """The loaded network. `runtime` names what computes it, for people, as `TensorFlow 2.21.0 on a CPU`; `fingerprint`
    holds what its numbers depend on besides the checkpoint and the libraries of every run.
    """

    runtime: str
    fingerprint: str
    vertex_count: int

    @property
    def is_batched(self) -> bool:
        """Whether several images go through the network at once."""
        ...

    def __call__(self, images: npt.NDArray[np.float32]) -> Outputs:
        """Outputs of `images` (N, 224, 224, 3) float32 in -1..1, N at least 1."""
        ...


def misses(found: Outputs, expected: Outputs) -> str:
    """How `found` differs from TensorFlow's `expected` by more than is allowed; empty where it doesn't."""
    if [part.shape for part in found] != [part.shape for part in expected]:
        return f"its outputs have the shapes {found[0].shape} and {found[1].shape}"
    parameters, vertices = (difference(one, other) for one, other in zip(found, expected, strict=True))
    # Not the other way round: NaN never matches.
    if not vertices <= VERTEX_TOLERANCE:
        return f"its vertices lie {vertices:.1e} m from TensorFlow's, and {VERTEX_TOLERANCE:.0e} m is allowed"
    if not parameters <= PARAMETER_TOLERANCE:
        return f"its parameters are {parameters:.1e} from TensorFlow's, and {PARAMETER_TOLERANCE:.0e} is allowed"
    return ""


def difference(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """The largest absolute difference of two arrays of one shape."""
    return float(np.abs(one.astype(np.float64) - other).max())
