"""Is a candidate a person's face, or not? What several models say of it, as one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MIN_SCORES, MAX_SCORES = (0.1, 0.04, 0.05, 0.0025, 0.001), (0.999, 0.999, 0.999, 0.98, 0.999)
"""What a model that saw nothing counts as, in the order of Scores; and one that is sure."""

CLOSE = 2
"""Which of the inputs is the close look's."""


@dataclass(frozen=True)
class Scores:
    """What each model says of one region, 0..1: the short-range detector and CenterFace on the picture and its parts,
    the former on a close look, MTCNN's output network, and the mesh network; None where the last two weren't asked, as
    there was no hope. cut_off: whether the picture's border cuts the region off, which then is looked at with its
    mirror image: that makes a face of half a face, but of other things, too.
    """

    short: float
    crowd: float
    close: float
    mtcnn: float | None = None
    mesh: float | None = None
    cut_off: bool = False

    @property
    def inputs(self) -> npt.NDArray[np.float64]:
        """The scores' own log-odds, kept from infinity, and whether the border cuts the region off (6,)."""
        return self._inputs(unasked=0.0)

    def _inputs(self, unasked: float) -> npt.NDArray[np.float64]:
        mtcnn, mesh = (unasked if score is None else score for score in (self.mtcnn, self.mesh))
        kept = np.clip([self.short, self.crowd, self.close, mtcnn, mesh], MIN_SCORES, MAX_SCORES)
        return np.append(np.log(kept / (1 - kept)), float(self.cut_off))

    def hopeful_log_odds(self, gain: float = 0.0) -> float:
        """The log-odds if the networks that weren't asked were sure that this is a face, and the close look's own
        higher by `gain`.
        """
        return float(WEIGHTS @ self._inputs(unasked=1.0) + INTERCEPT) + float(WEIGHTS[CLOSE]) * gain

    @property
    def probability(self) -> float:
        """The log-odds as a number between 0 and 1."""
        return float(1 / (1 + np.exp(-self.log_odds)))

    @property
    def log_odds(self) -> float:
        """Natural logarithm of the odds that this is a face: a weighted sum of the scores' own log-odds."""
        return float(WEIGHTS @ self.inputs + INTERCEPT)


WEIGHTS, INTERCEPT = np.array([0.63, 1.7, 1.56, 0.61, 0.21, 0.43]), 2.04
"""In the order of Scores: as benchmarks/fit_evidence.py fits them, on half of the portraits."""
