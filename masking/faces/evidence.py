"""Is a candidate a person's face, or not? What several models say of it, as one number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

MIN_SCORE = 0.05
"""What a detector that saw nothing on the whole picture counts as."""


@dataclass(frozen=True)
class Scores:
    """What each model says of one region, 0..1: the two detectors on the whole picture, the short-range one on a close
    look, and the mesh network. cut_off: whether the picture's border cuts the region off, which then is looked at with
    its mirror image: that makes a face of half a face, but of other things, too.
    """

    short: float
    full: float
    close: float
    mesh: float
    cut_off: bool = False

    @property
    def inputs(self) -> npt.NDArray[np.float64]:
        """The scores' own log-odds, kept from infinity, and whether the border cuts the region off (5,)."""
        scores = [max(self.short, MIN_SCORE), max(self.full, MIN_SCORE), self.close, self.mesh]
        kept = np.clip(scores, 1e-3, 0.999)
        return np.append(np.log(kept / (1 - kept)), float(self.cut_off))

    @property
    def max_log_odds(self) -> float:
        """The log-odds if the mesh network were as sure as can be that this is a face."""
        return replace(self, mesh=1.0).log_odds

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds that this is a face: a weighted sum of the scores' own log-odds."""
        return float(WEIGHTS @ self.inputs + INTERCEPT)


WEIGHTS, INTERCEPT = np.array([0.29, 0.76, 3.64, 0.37, -0.70]), 0.45
"""In the order of Scores: as benchmarks/fit_evidence.py fits them, on half of the portraits."""
