"""The enrolled images of one side, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.reidentification.enroller import Vectors


@dataclass(frozen=True)
class Sample:
    """An enrolled image without its files. photo: the photo file's SHA-256."""

    identity: str
    video: str
    name: str
    photo: str
    vectors: Vectors


@dataclass(frozen=True)
class Samples:
    """N images of one side. vectors: (N, D) float32 each, by name; a row is NaN where an image has none of this name,
    or one of another size than most.
    """

    identities: Sequence[str]
    videos: Sequence[str]
    names: Sequence[str]
    photos: Sequence[str]
    vectors: Mapping[str, npt.NDArray[np.float32]]
    shapes: Mapping[str, tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.identities)

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Samples:
        """Take `samples` together."""
        held = list(samples)
        names = sorted({name for sample in held for name in sample.vectors})
        shapes = {name: _usual_shape([sample.vectors.get(name) for sample in held]) for name in names}
        return cls(
            [sample.identity for sample in held],
            [sample.video for sample in held],
            [sample.name for sample in held],
            [sample.photo for sample in held],
            {name: _stacked([sample.vectors.get(name) for sample in held], shapes[name]) for name in names},
            shapes,
        )


def _usual_shape(arrays: Sequence[npt.NDArray[np.float32] | None]) -> tuple[int, ...]:
    shapes = [array.shape for array in arrays if array is not None]
    return max(dict.fromkeys(shapes), key=shapes.count)


def _stacked(arrays: Sequence[npt.NDArray[np.float32] | None], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    result = np.full((len(arrays), int(np.prod(shape))), np.nan, np.float32)
    for row, array in enumerate(arrays):
        if array is not None and array.shape == shape:
            result[row] = array.ravel()
    return result
