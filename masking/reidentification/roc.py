"""The receiver operating characteristic of genuine and impostor scores, and the figures that are read from it.

ISO/IEC 19795-1 calls the axes false match rate and 1 - false non-match rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.float64]
MIN_SPREAD = 1e-7
"""Of scores: a deviation below single precision's own is none."""


@dataclass(frozen=True)
class Roc:
    """false_accepts, true_accepts (V,): the curve's corners, both from 0 to 1 and never falling."""

    false_accepts: Curve
    true_accepts: Curve

    @classmethod
    def from_counts(
        cls,
        genuine: npt.NDArray[np.floating],
        impostors_below: npt.NDArray[np.integer],
        impostors_up_to: npt.NDArray[np.integer],
        impostors: int,
    ) -> Roc:
        """The exact curve of `genuine` scores (G,), ascending, and `impostors` many others, of which `impostors_below`
        (G,) are less than each genuine score and `impostors_up_to` (G,) no more than it.

        Between two genuine scores the curve is level, so its corners lie at the genuine scores alone.
        """
        count = len(genuine)
        _, first = np.unique(genuine, return_index=True)
        accepted = count - first
        accepted_above = np.append(accepted[1:], 0)
        above, from_there = impostors - impostors_up_to[first], impostors - impostors_below[first]
        false = np.column_stack([above, from_there])[::-1].ravel() / max(1, impostors)
        true = np.column_stack([accepted_above, accepted])[::-1].ravel() / max(1, count)
        return cls(np.concatenate([[0.0], false, [1.0]]), np.concatenate([[0.0], true, [1.0]]))

    @property
    def area(self) -> float:
        """The area under the curve: how often a genuine pair scores more than an impostor pair, ties for one half."""
        return float(np.trapezoid(self.true_accepts, self.false_accepts))

    @property
    def equal_error_rate(self) -> float:
        """The rate at which false accepts and false rejects are equal; between two corners, on the line between."""
        return float(np.interp(0.0, self.false_accepts + self.true_accepts - 1, self.false_accepts))

    def true_accepts_at(self, false_accept_rate: float) -> float:
        """The most genuine pairs that a threshold accepts which accepts no more than this share of the impostors."""
        return float(self.true_accepts[self.false_accepts <= false_accept_rate].max())


@dataclass(frozen=True)
class ReadOff:
    """Figures of B curves, (B,) each; true_accepts_at by false accept rate."""

    area: Curve
    equal_error_rate: Curve
    separation: Curve
    true_accepts_at: Mapping[float, Curve]


class WeightedScores:
    """Genuine and impostor scores whose curve is wanted again and again, with other weights each time.

    genuine (G,), impostors (I,): scores. They are sorted once.
    """

    def __init__(self, genuine: npt.NDArray[np.floating], impostors: npt.NDArray[np.floating]) -> None:
        scores = np.concatenate([genuine, impostors]).astype(np.float64)
        self._genuine, self._impostors = genuine.astype(np.float64), impostors.astype(np.float64)
        self._order = np.argsort(-scores, kind="stable")
        ordered = scores[self._order]
        self._ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
        self._is_genuine = self._order < len(genuine)

    def read_off(self, genuine_weights: Curve, impostor_weights: Curve, rates: Sequence[float]) -> ReadOff:
        """The figures with these weights, (B, G) and (B, I), of which no row is zero throughout. rates: at which false
        accepts the true ones are wanted.
        """
        weights = np.concatenate([genuine_weights, impostor_weights], axis=1)[:, self._order]
        true = self._accepted(np.where(self._is_genuine, weights, 0.0))
        false = self._accepted(np.where(self._is_genuine, 0.0, weights))
        each, excess = np.arange(len(weights)), false + true - 1
        after = (excess >= 0).argmax(axis=1)
        before = after - 1
        share = -excess[each, before] / (excess[each, after] - excess[each, before])
        means = [_moments(self._genuine, genuine_weights), _moments(self._impostors, impostor_weights)]
        (genuine_mean, genuine_variance), (impostor_mean, impostor_variance) = means
        return ReadOff(
            np.asarray(np.trapezoid(true, false, axis=1)),
            false[each, before] + share * (false[each, after] - false[each, before]),
            separation(genuine_mean, genuine_variance, impostor_mean, impostor_variance),
            {rate: true[each, np.count_nonzero(false <= rate, axis=1) - 1] for rate in rates},
        )

    def _accepted(self, weights: Curve) -> Curve:
        """The share (B, V) of `weights` (B, N) that each distinct threshold accepts, none first."""
        summed = np.cumsum(weights, axis=1)[:, self._ends]
        return np.concatenate([np.zeros((len(weights), 1)), summed / summed[:, -1:]], axis=1)


def _moments(scores: Curve, weights: Curve) -> tuple[Curve, Curve]:
    """Mean and variance (B,) of `scores` (N,) with `weights` (B, N)."""
    total = weights.sum(axis=1)
    mean = weights @ scores / total
    return mean, np.maximum(weights @ scores**2 / total - mean**2, 0.0)


def separation(
    genuine_mean: npt.ArrayLike,
    genuine_variance: npt.ArrayLike,
    impostor_mean: npt.ArrayLike,
    impostor_variance: npt.ArrayLike,
) -> Curve:
    """d', the distance between the two means over the root mean square of the two deviations; 0 at chance, and where
    nothing varies.
    """
    spread = np.sqrt((np.asarray(genuine_variance) + np.asarray(impostor_variance)) / 2)
    apart = np.asarray(genuine_mean) - np.asarray(impostor_mean)
    return np.where(spread > MIN_SPREAD, apart / np.maximum(spread, MIN_SPREAD), 0.0)
