"""Tests against chance, and between setups."""

from __future__ import annotations

import numpy as np
import pytest

from masking.reidentification.comparison import Enrolled, compare
from masking.reidentification.significance import holm, mcnemar_p, permutation_p
from tests.reidentification.made import people


def test_people_who_are_found_are_found_by_no_chance() -> None:
    run, _ = compare(*people(20, signal=5))
    assert permutation_p([run], 400, 0) == pytest.approx(1 / 401)


def test_a_person_with_many_images_is_exchanged_as_a_whole() -> None:
    query, gallery = people(4, 50, signal=5)
    run, _ = compare(query, gallery)
    p = permutation_p([run], 2000, 0)
    # Of the 24 orders of four people one is the true one.
    assert p == pytest.approx(1 / 24, abs=0.02)


def test_runs_over_overlapping_parts_of_the_people_are_not_counted_twice() -> None:
    query, gallery = people(8, signal=0)
    parts = [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 4, 5], [2, 3, 6, 7]]
    runs = [
        compare(*(Enrolled(side.vectors[part], side.people[part]) for side in (query, gallery)))[0] for part in parts
    ]
    assert permutation_p(runs, 500, 0) == permutation_p(runs[:2], 500, 0)
    assert permutation_p(runs[:1] * 3, 500, 0) == permutation_p(runs[:1], 500, 0)


def test_where_everybody_ties_nothing_is_said() -> None:
    side = Enrolled(np.ones((30, 4), np.float32), np.arange(30))
    assert permutation_p([compare(side, side)[0]], 100, 0) is None


def test_mcnemar_counts_the_discordant_alone() -> None:
    first = np.array([True] * 9 + [False] * 11)
    second = np.array([False] * 9 + [False] * 11)
    assert mcnemar_p(first, second) == pytest.approx(2 * 0.5**9)
    assert mcnemar_p(first, first) == 1.0


def test_holm_multiplies_the_smallest_by_the_number_of_comparisons() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.9]) == [1.0, 1.0]
