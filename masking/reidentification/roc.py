"""The receiver operating characteristic of genuine and impostor scores, and the figures that are read off it.

ISO/IEC 19795-1 calls the axes false match rate and 1 - false non-match rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.float64]


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
        values, first = np.unique(genuine, return_index=True)
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

    def roc(self, genuine_weights: Curve, impostor_weights: Curve) -> Roc:
        """The curve with these weights, (G,) and (I,)."""
        weights = np.concatenate([genuine_weights, impostor_weights])[self._order]
        true = np.cumsum(np.where(self._is_genuine, weights, 0.0))[self._ends]
        false = np.cumsum(np.where(self._is_genuine, 0.0, weights))[self._ends]
        return Roc(np.append(0.0, false / max(false[-1], 1e-300)), np.append(0.0, true / max(true[-1], 1e-300)))

    def separation(self, genuine_weights: Curve, impostor_weights: Curve) -> float:
        """d' with these weights, as `separation`."""
        moments = []
        for scores, weights in ((self._genuine, genuine_weights), (self._impostors, impostor_weights)):
            total = max(float(weights.sum()), 1e-300)
            mean = float(weights @ scores) / total
            moments += [mean, float(weights @ (scores - mean) ** 2) / total]
        return separation(*moments)


def separation(
    genuine_mean: float, genuine_variance: float, impostor_mean: float, impostor_variance: float
) -> float:
    """d', the distance between the two means over the root mean square of the two deviations; 0 at chance, and where
    nothing varies.
    """
    spread = np.sqrt((genuine_variance + impostor_variance) / 2)
    return float((genuine_mean - impostor_mean) / spread) if spread > 1e-9 else 0.0
