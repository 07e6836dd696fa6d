"""Embeddings that were made up, so that it is known what must come out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.reidentification.comparison import Enrolled


def people(
    count: int,
    images: int = 1,
    *,
    size: int = 16,
    signal: float = 1.0,
    noise: float = 1.0,
    of_a_side: float = 0.0,
    seed: int = 0,
) -> tuple[Enrolled, Enrolled]:
    """Query and gallery: `signal` is what a person shows on both sides, `of_a_side` what they show on one side in all
    images, `noise` what each image adds.
    """
    random = np.random.default_rng(seed)
    whose = np.repeat(np.arange(count), images)
    shown = signal * random.normal(size=(count, size))
    sides = []
    for _ in range(2):
        alike = of_a_side * random.normal(size=(count, size))
        vectors = (shown + alike)[whose] + noise * random.normal(size=(len(whose), size))
        sides.append(Enrolled(vectors.astype(np.float32), whose))
    return sides[0], sides[1]


def cosines(query: Enrolled, gallery: Enrolled) -> npt.NDArray[np.float32]:
    """All scores, one pair after the other."""
    scores = np.empty((len(query.people), len(gallery.people)), np.float32)
    for row, one in enumerate(query.vectors.astype(np.float64)):
        for column, other in enumerate(gallery.vectors.astype(np.float64)):
            scores[row, column] = np.sum(one / np.linalg.norm(one) * other / np.linalg.norm(other))
    return scores
