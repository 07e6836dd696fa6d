"""Intervals hold the truth as often as they say, and respect that images of one person are not independent."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binomtest

from masking.reidentification.comparison import Enrolled, compare
from masking.reidentification.figures import Precision, figures
from masking.reidentification.intervals import mean_interval, percentiles, rate_interval, resampled_people, wilson
from tests.reidentification.made import people

RUNS = 100


@pytest.mark.thorough
def test_with_permuted_names_every_interval_holds_chance_in_95_of_100_runs() -> None:
    query, gallery = people(30, 2, signal=1.0, of_a_side=0.5)
    held: Counter[str] = Counter()
    significant = 0
    for run in range(RUNS):
        names = np.random.default_rng([run, 1]).permutation(30)
        permuted = Enrolled(query.vectors, names[query.people])
        found = figures([compare(permuted, gallery)], Precision(200, 100, run))
        for name, figure in found.named.items():
            assert figure.chance is not None
            held[name] += figure.low <= figure.chance <= figure.high
        held["gallery curve"] += all(point.low <= point.chance <= point.high for point in found.gallery_curve)
        held["cmc"] += found.cmc[2].low <= found.cmc[2].chance <= found.cmc[2].high
        assert found.p_value is not None
        significant += found.p_value <= 0.05
    assert set(held) >= {"rank_1", "rank_5", "rank_10", "mean_rank", "auc", "eer", "d_prime", "tar_at_far_0.01"}
    assert {name: count for name, count in held.items() if count < 95} == {}
    assert significant <= 10


def test_wilson_is_scipys() -> None:
    for hits, trials in ((0, 12), (3, 12), (12, 12), (20, 61)):
        expected = binomtest(hits, trials).proportion_ci(0.95, "wilson")
        found = wilson(hits / trials, trials)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_with_one_image_a_person_a_rate_has_at_least_wilsons_interval() -> None:
    hits = np.array([1.0] * 4 + [0.0] * 9)
    found = rate_interval(hits, np.ones(13), resampled_people(13, 500, 0))
    expected = wilson(4 / 13, 13)
    assert found.low <= expected.low
    assert found.high >= expected.high
    assert found.high - found.low < 1.3 * (expected.high - expected.low)


def test_a_person_with_most_of_the_images_widens_the_interval() -> None:
    sums, counts = np.array([40.0, *[0.0] * 19]), np.array([40.0, *[2.0] * 19])
    weights = resampled_people(20, 500, 0)
    found, resampled = rate_interval(sums, counts, weights), percentiles(weights @ sums / (weights @ counts), 20)
    assert found.low <= resampled.low
    assert found.high >= resampled.high > wilson(40 / 78, 20).high


def test_ten_images_that_always_agree_count_as_one() -> None:
    rates = np.array([1.0] * 4 + [0.0] * 9)
    weights = resampled_people(13, 500, 0)
    once, often = rate_interval(rates, np.ones(13), weights), rate_interval(rates * 10, np.full(13, 10.0), weights)
    assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=0.02)


def test_where_everybody_succeeds_the_interval_is_still_as_wide_as_their_number_allows() -> None:
    found = rate_interval(np.full(12, 5.0), np.full(12, 5.0), resampled_people(12, 300, 0))
    assert found.high == 1.0
    assert found.low == pytest.approx(wilson(1.0, 12).low)


def test_almost_everybody_is_no_more_certain_than_everybody() -> None:
    weights, often = resampled_people(18, 300, 0), np.full(18, 100.0)
    lows = [rate_interval(often * rate, often, weights).low for rate in (0.9, 0.99, 1 - 1e-12, 1.0)]
    assert lows == sorted(lows)
    highs = [rate_interval(often * rate, often, weights).high for rate in (0.0, 1e-12, 0.01, 0.1)]
    assert highs == sorted(highs)


def test_a_mean_stays_within_its_bounds() -> None:
    found = mean_interval(np.array([1.0, 1.0, 1.0, 9.0]), np.ones(4), resampled_people(4, 300, 0), 1.0, 10.0)
    assert 1.0 <= found.low < 3.0 < found.high <= 10.0
