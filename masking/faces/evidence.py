"""Is a candidate a person's face, or not? What several models say of it, as one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_SCORE = 0.05
"""Scores below it, and of models that saw nothing, count as this."""


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
    def log_odds(self) -> float:
        """Natural logarithm of the odds that this is a face. Logistic regression on the scores' own log-odds."""
        scores = np.clip([self.short, self.full, self.close, self.mesh], [LEAST_SCORE, LEAST_SCORE, 1e-3, 1e-3], 0.999)
        return float(WEIGHTS @ np.log(scores / (1 - scores)) + INTERCEPT)


WEIGHTS, INTERCEPT = np.array([0.52, 0.25, 1.13, 0.46]), 2.09
"""Of the scores' log-odds, in the order of Scores; fitted by benchmarks/fit_evidence.py to 2,395 places in made pictures
of half of the portraits.
"""
