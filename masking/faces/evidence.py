"""Is a candidate a person's face, or not? What several models say of it, as one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEAST_SCORE = 0.05
"""What a detector that saw nothing on the whole picture counts as."""


@dataclass(frozen=True)
class Scores:
    """What each model says of one place, 0..1: the two detectors on the whole picture, the short-range one on a close
    look, and the mesh network.
    """

    short: float
    full: float
    close: float
    mesh: float

    @property
    def inputs(self) -> npt.NDArray[np.float64]:
        """The scores' own log-odds (4,), kept from infinity."""
        scores = [max(self.short, LEAST_SCORE), max(self.full, LEAST_SCORE), self.close, self.mesh]
        kept = np.clip(scores, 1e-3, 0.999)
        return np.asarray(np.log(kept / (1 - kept)))

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds that this is a face. Logistic regression on the scores' own log-odds."""
        return float(WEIGHTS @ self.inputs + INTERCEPT)


WEIGHTS, INTERCEPT = np.array([0.52, 0.25, 1.13, 0.46]), 2.09
"""Of the scores' log-odds, in the order of Scores; fitted by benchmarks/fit_evidence.py to 2,395 places in made pictures
of half of the portraits.
"""
