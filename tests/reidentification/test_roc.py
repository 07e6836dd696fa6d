"""The curve and what is read off it are scikit-learn's, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.reidentification.comparison import compare, score_blocks
from masking.reidentification.roc import Roc, WeightedScores, separation
from tests.reidentification.made import people

metrics = pytest.importorskip("sklearn.metrics")


def scikit_learns(same: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float, list]:
    false, true, _ = metrics.roc_curve(same, scores, drop_intermediate=False, sample_weight=weights)
    area = metrics.roc_auc_score(same, scores, sample_weight=weights)
    return area, float(np.interp(0, false + true - 1, false)), [true[false <= rate].max() for rate in (0.01, 0.1, 0.3)]


@given(st.integers(2, 20), st.integers(1, 3), st.floats(0, 2), st.integers(0, 10_000))
def test_a_comparison_in_blocks_gives_scikit_learns_curve(count: int, images: int, signal: float, seed: int) -> None:
    query, gallery = people(count, images, size=6, signal=signal, seed=seed)
    scores = np.concatenate(list(score_blocks(query, gallery)))
    same = query.people[:, None] == gallery.people[None]
    area, equal, true = scikit_learns(same.ravel(), scores.ravel())
    roc = compare(query, gallery)[1].roc
    assert roc.area == pytest.approx(area, abs=1e-12)
    assert roc.equal_error_rate == pytest.approx(equal, abs=1e-12)
    assert [roc.true_accepts_at(rate) for rate in (0.01, 0.1, 0.3)] == pytest.approx(true, abs=1e-12)


@given(st.integers(0, 10_000))
def test_ties_of_genuine_and_impostor_scores_are_scikit_learns_too(seed: int) -> None:
    random = np.random.default_rng(seed)
    genuine, impostor = np.sort(random.integers(2, 9, 12)), np.sort(random.integers(0, 7, 40))
    below, up_to = (np.searchsorted(impostor, genuine, side) for side in ("left", "right"))
    roc = Roc.from_counts(genuine, below, up_to, len(impostor))
    same = np.repeat([True, False], [12, 40])
    area, equal, true = scikit_learns(same, np.concatenate([genuine, impostor]))
    assert (roc.area, roc.equal_error_rate) == pytest.approx((area, equal))
    assert [roc.true_accepts_at(rate) for rate in (0.01, 0.1, 0.3)] == pytest.approx(true)


@given(st.integers(0, 10_000))
def test_weighted_curves_are_scikit_learns(seed: int) -> None:
    random = np.random.default_rng(seed)
    genuine, impostor = random.integers(3, 12, 15) / 8, random.integers(0, 9, 60) / 8
    weights = random.integers(0, 4, (3, 75)).astype(float)
    weights[:, [0, 20]] = 1
    read = WeightedScores(genuine, impostor).read_off(weights[:, :15], weights[:, 15:], (0.01, 0.1, 0.3))
    same = np.repeat([True, False], [15, 60])
    for row in range(3):
        area, equal, true = scikit_learns(same, np.concatenate([genuine, impostor]), weights[row])
        assert (read.area[row], read.equal_error_rate[row]) == pytest.approx((area, equal))
        assert [float(read.true_accepts_at[rate][row]) for rate in (0.01, 0.1, 0.3)] == pytest.approx(true)


def test_separation_is_the_distance_in_deviations() -> None:
    assert float(separation(3.0, 4.0, 0.0, 4.0)) == 1.5
    assert float(separation(0.5, 0.0, 0.5, 0.0)) == 0.0
