"""Is a candidate a person's face, or not? What several models say of it, as one number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

MIN_SCORES, MAX_SCORE = (0.1, 0.04, 0.05, 0.001), 0.999
"""What a detector that saw nothing counts as, in the order of Scores; and one that is sure."""

CLOSE = 2
"""Which of the inputs is the close look's."""


@dataclass(frozen=True)
class Scores:
    """What each model says of one region, 0..1: the short-range detector and CenterFace on the picture and its parts,
    the former on a close look, and the mesh network. cut_off: whether the picture's border cuts the region off, which
    then is looked at with its mirror image: that makes a face of half a face, but of other things, too.
    """

    short: float
    crowd: float
    close: float
    mesh: float
    cut_off: bool = False

    @property
    def inputs(self) -> npt.NDArray[np.float64]:
        """The scores' own log-odds, kept from infinity, and whether the border cuts the region off (5,)."""
        scores = np.array([self.short, self.crowd, self.close, self.mesh])
        kept = np.clip(scores, MIN_SCORES, MAX_SCORE)
        return np.append(np.log(kept / (1 - kept)), float(self.cut_off))

    def hopeful_log_odds(self, gain: float = 0.0) -> float:
        """The log-odds if the mesh network were sure that this is a face, and the close look's own higher by `gain`."""
        return replace(self, mesh=MAX_SCORE).log_odds + float(WEIGHTS[CLOSE]) * gain

    @property
    def probability(self) -> float:
        """The log-odds as a number between 0 and 1."""
        return float(1 / (1 + np.exp(-self.log_odds)))

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds that this is a face: a weighted sum of the scores' own log-odds."""
        return float(WEIGHTS @ self.inputs + INTERCEPT)


WEIGHTS, INTERCEPT = np.array([0.76, 1.48, 3.16, 0.22, 0.81]), 0.32
"""In the order of Scores: as benchmarks/fit_evidence.py fits them, on half of the portraits."""
