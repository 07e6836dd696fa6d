"""Comparing in blocks gives what a plain double loop gives, ties included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.reidentification import comparison
from masking.reidentification.comparison import Enrolled, compare, score_blocks
from tests.reidentification.made import cosines, people


def ranks_by_a_double_loop(query: Enrolled, gallery: Enrolled) -> list[tuple[int, int]]:
    """Rank and ties of each query."""
    found = []
    for scores, person in zip(cosines(query, gallery), query.people, strict=True):
        best = {who: max(scores[gallery.people == who]) for who in set(gallery.people.tolist())}
        better = sum(score > best[person] for score in best.values())
        ties = sum(score == best[person] for score in best.values()) - 1
        found.append((1 + better, ties))
    return found


@given(st.integers(2, 12), st.integers(1, 3), st.integers(0, 1000))
def test_ranks_are_those_of_a_double_loop(count: int, images: int, seed: int) -> None:
    query, gallery = people(count, images, size=5, seed=seed)
    found, _ = compare(query, gallery)
    assert list(zip(found.ranks.tolist(), found.ties.tolist(), strict=True)) == ranks_by_a_double_loop(query, gallery)


def test_scores_are_those_of_a_double_loop() -> None:
    query, gallery = people(7, 2)
    assert np.allclose(np.concatenate(list(score_blocks(query, gallery))), cosines(query, gallery), atol=1e-7)


def test_blocks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    query, gallery = people(25, 3, signal=0.5)
    whole, all_pairs = compare(query, gallery)
    monkeypatch.setattr(comparison, "PAIRS_PER_BLOCK", 200)
    pieces, some_pairs = compare(query, gallery)
    for name in ("ranks", "ties", "true_score", "best_other_score", "best_other", "winners"):
        assert np.array_equal(getattr(whole, name), getattr(pieces, name)), name
    for name in ("genuine", "impostors_below", "impostors_up_to", "histogram", "impostors"):
        assert np.array_equal(getattr(all_pairs, name), getattr(some_pairs, name)), name
    assert some_pairs.impostor_mean == pytest.approx(all_pairs.impostor_mean)
    assert some_pairs.impostor_variance == pytest.approx(all_pairs.impostor_variance)


def test_people_who_are_distinguished_are_all_found() -> None:
    found, verified = compare(*people(30, 2, signal=10, noise=0.1))
    assert (found.ranks == 1).all()
    assert found.ties.sum() == 0
    assert verified.roc.area == 1.0
    assert verified.roc.equal_error_rate == 0.0


@pytest.mark.parametrize("size", [3, 128, 512])
def test_a_recogniser_that_collapses_to_one_vector_ties_with_everybody(size: int) -> None:
    vector = np.random.default_rng(size).normal(size=size).astype(np.float32)
    side = Enrolled(np.tile(vector, (37, 1)), np.arange(37))
    found, verified = compare(side, side)
    assert (found.ranks == 1).all()
    assert (found.ties == 36).all()
    assert (found.ranks_if_ties_are_lost == 37).all()
    assert found.winners is None
    assert verified.roc.area == 0.5
    assert verified.roc.equal_error_rate == pytest.approx(0.5)


def test_copies_of_one_vector_tie_wherever_they_are() -> None:
    query, gallery = people(50, seed=4)
    gallery.vectors[:] = gallery.vectors[17]
    gallery.vectors[10:20] = people(10, seed=5)[0].vectors
    found, _ = compare(query, gallery)
    copies = np.flatnonzero((query.people < 10) | (query.people >= 20))
    assert set(found.ties[copies].tolist()) == {39}


def test_one_person_alone_has_nobody_to_be_confused_with() -> None:
    found, verified = compare(*people(1, 3))
    assert (found.ranks == 1).all()
    assert (found.best_other == -1).all()
    assert np.isnan(found.best_other_score).all()
    assert verified.impostors == 0


def test_who_is_not_enrolled_comes_last_and_still_counts() -> None:
    query, gallery = people(10, signal=10, noise=0.1)
    query.vectors[3] = np.nan
    gallery.vectors[7] = np.nan
    found, verified = compare(query, gallery)
    assert found.ranks[[3, 7]].tolist() == [10, 10]
    assert np.delete(found.ranks, [3, 7]).tolist() == [1] * 8
    assert np.isnan(found.true_score[[3, 7]]).all()
    assert found.gallery_people == 10
    assert len(verified.genuine) == 8


def test_a_zero_vector_resembles_nothing() -> None:
    query, gallery = people(5, signal=10, noise=0.1)
    query.vectors[2] = 0
    found, _ = compare(query, gallery)
    assert found.true_score[2] == 0
    assert found.ties[2] == 4


def test_nobody_in_common_is_an_error() -> None:
    query, gallery = people(5)
    with pytest.raises(ValueError, match="no enrolled query"):
        compare(query, Enrolled(gallery.vectors, gallery.people + 100))


def test_the_sample_of_impostors_is_of_impostors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "SAMPLED_PAIRS", 300)
    _, verified = compare(*people(40, 2))
    assert 200 < len(verified.sample) <= 300
    assert (verified.sample_people[:, 0] != verified.sample_people[:, 1]).all()
