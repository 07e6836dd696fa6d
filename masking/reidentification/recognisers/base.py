"""What every recogniser does. It gets pixels and landmarks, never a name, so it can't cheat."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from masking.reidentification.kinds import Picture
from masking.reidentification.landmarks import FaceLandmarks

Embedding = npt.NDArray[np.float32]


class Recogniser(Protocol):
    """A loaded face recognition network. `description` names it and its files for people; `fingerprint` holds the whole
    SHA-256 of each file that its embeddings depend on.
    """

    name: str
    description: str
    fingerprint: str

    def embed(self, picture: Picture, landmarks: FaceLandmarks) -> Embedding:
        """The embedding (D,) float32 of the face at `landmarks` in `picture` (H, W, 3) uint8 RGB. Embeddings are
        compared by their cosine. Raises ValueError where the network gives no finite numbers.
        """
        ...


@runtime_checkable
class FindsFaces(Protocol):
    """A recogniser with a detector of its own, for ALIGNMENT = image."""

    def find(self, picture: Picture) -> npt.NDArray[np.float64] | None:
        """Five landmarks (5, 2) of the most confident face in `picture`, as in FaceLandmarks, if there is one."""
        ...


def checked(embedding: npt.NDArray[np.floating]) -> Embedding:
    """`embedding` as (D,) float32. Raises ValueError where it is not finite."""
    flat = np.asarray(embedding, dtype=np.float32).reshape(-1)
    if not np.isfinite(flat).all():
        raise ValueError("the recogniser gave numbers that are not finite")
    return flat
