"""The parrot attack: whoever knows the method masks photos of other people, and adapts the recogniser to masks.

Hanisch et al., A False Sense of Privacy (2023), call it so. What is learnt here is linear: each kind's mean, and the
directions in which images of one person differ, photo and mask among them. Those are played down, as linear
discriminant analysis does it; no direction is given up, for a handful of people would leave next to none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from masking.reidentification.comparison import Enrolled, Indices, unit_vectors
from masking.reidentification.kinds import Kind

MIN_PEOPLE = 8
"""Half of them to learn from, the others to be tested on."""
HALVINGS = 5
Floats = npt.NDArray[np.float64]


class Adaptation:
    """Learnt from embeddings of people who are not tested."""

    def __init__(self, training: Mapping[Kind, Enrolled]) -> None:
        """training: of each kind the embeddings and whose they are, by numbers that the kinds share. Rows that are not
        enrolled are left out.
        """
        kept = {kind: side.is_enrolled for kind, side in training.items()}
        units = {kind: unit_vectors(side.vectors[kept[kind]]) for kind, side in training.items()}
        self._means = {kind: vectors.mean(axis=0) for kind, vectors in units.items()}
        centred = np.concatenate([units[kind] - self._means[kind] for kind in training])
        people = np.concatenate([side.people[kept[kind]] for kind, side in training.items()])
        self._whitening = _inverse_root(_within_person(centred, people))

    def adapted(self, side: Enrolled, kind: Kind) -> Enrolled:
        """The embeddings of `kind` as the attacker compares them."""
        vectors = (unit_vectors(side.vectors) - self._means[kind]) @ self._whitening
        return Enrolled(vectors.astype(np.float32), side.people)


def halves(people: Sequence[int] | Indices, halvings: int, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """Who is learnt from and who is tested: each of the two halves of `people` in turn, `halvings` times."""
    for number in range(halvings):
        shuffled = np.random.default_rng([seed, number]).permutation(np.asarray(people))
        first, second = np.array_split(shuffled, 2)
        yield first, second
        yield second, first


def _within_person(centred: Floats, people: Indices) -> Floats:
    """The covariance (D, D) of how images of one person differ, shrunk towards an even one.

    How far is Chen et al.'s oracle approximating shrinkage (2010), which needs nothing to be tuned.
    """
    numbers, index = np.unique(people, return_inverse=True)
    counts = np.bincount(index)
    means = np.zeros((len(numbers), centred.shape[1]))
    np.add.at(means, index, centred)
    differences = centred - (means / counts[:, None])[index]
    freedom = max(1, len(centred) - len(numbers))
    covariance = differences.T @ differences / freedom
    size, trace = len(covariance), float(np.trace(covariance))
    square = float((covariance**2).sum())
    above = (1 - 2 / size) * square + trace**2
    below = (freedom + 1 - 2 / size) * (square - trace**2 / size)
    share = 1.0 if below <= 0 else min(1.0, above / below)
    return np.asarray((1 - share) * covariance + share * trace / size * np.eye(size))


def _inverse_root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    floor = max(float(values.max()) * 1e-9, 1e-300)
    return np.asarray(vectors / np.sqrt(np.maximum(values, floor)) @ vectors.T)
