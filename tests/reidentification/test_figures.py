"""Figures from made embeddings whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from masking.reidentification.comparison import Enrolled, compare
from masking.reidentification.figures import Precision, figures, rank_1_among
from tests.reidentification.made import people

QUICK = Precision(200, 200, 0)


def test_people_who_are_distinguished() -> None:
    found = figures([compare(*people(40, signal=10, noise=0.1))], QUICK)
    assert found.named["rank_1"].value == 1.0
    assert found.named["mean_rank"].value == 1.0
    assert found.named["eer"].value == 0.0
    assert found.named["rank_1"].exceeds_chance
    assert found.named["d_prime"].low > 3
    assert found.p_value == pytest.approx(1 / 201)
    assert [point.value for point in found.cmc] == [1.0] * 40


def test_chance_levels_are_those_of_guessing() -> None:
    found = figures([compare(*people(40, signal=0))], QUICK)
    chances = {name: figure.chance for name, figure in found.named.items()}
    assert chances["rank_1"] == pytest.approx(1 / 40)
    assert chances["rank_10"] == pytest.approx(10 / 40)
    assert chances["mean_rank"] == pytest.approx(20.5)
    assert chances["auc"] == chances["eer"] == 0.5
    assert chances["tar_at_far_0.01"] == 0.01
    assert not found.named["rank_1"].exceeds_chance


def test_a_false_accept_rate_that_too_few_pairs_can_show_is_left_out() -> None:
    assert "tar_at_far_0.001" not in figures([compare(*people(20))], QUICK).named
    assert "tar_at_far_0.001" in figures([compare(*people(102))], QUICK).named


def test_a_recogniser_that_collapses_is_recognised_by_its_ties() -> None:
    side = Enrolled(np.ones((30, 4), np.float32), np.arange(30))
    found = figures([compare(side, side)], QUICK)
    assert found.named["rank_1"].value == 1.0
    assert found.tied == 30
    assert found.rank_1_if_ties_are_lost == 0.0
    assert found.named["auc"].value == 0.5
    assert found.p_value is None


def test_the_gallery_curve_is_what_drawing_galleries_gives() -> None:
    random = np.random.default_rng(0)
    ranks, gallery = np.array([1, 2, 5, 12]), np.full(4, 12)
    for size in (2, 5, 12):
        drawn = np.array(
            [[random.permutation(11)[: size - 1].min(initial=99) >= rank - 1 for rank in ranks] for _ in range(4000)]
        )
        assert rank_1_among(ranks, gallery, size) == pytest.approx(drawn.mean(axis=0), abs=0.03)


def test_the_spread_over_draws_is_shown() -> None:
    runs = [compare(*people(30, seed=seed, signal=0.7)) for seed in range(4)]
    figure = figures(runs, QUICK).named["rank_1"]
    each = [float((run.ranks == 1).mean()) for run, _ in runs]
    assert (figure.lowest, figure.highest) == (min(each), max(each))
    assert figure.value == pytest.approx(np.mean(each))


def test_what_leaks_raises_the_rate_beyond_its_interval_and_noise_falls_to_chance() -> None:
    query, gallery = people(60, signal=3, noise=0.5, size=64)
    random = np.random.default_rng(1)
    masked = random.normal(size=query.vectors.shape).astype(np.float32)
    noise, leak = (Enrolled(masked + share * query.vectors, query.people) for share in (0.0, 0.2))
    without, leaking = (figures([compare(side, gallery)], QUICK).named["rank_1"] for side in (noise, leak))
    assert leaking.low > without.high
    assert without.low <= without.chance <= without.high  # type: ignore[operator]
