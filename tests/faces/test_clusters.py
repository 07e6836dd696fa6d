"""Boxes of one face form a cluster, apart from those of another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from masking.faces.clusters import cluster_boxes, overlap, weighted_means

boxes = hnp.arrays(np.float64, st.tuples(st.integers(0, 12), st.just(4)), elements=st.integers(0, 12).map(float))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 2, 2), 1.0),
        ((1, 0, 3, 2), 1 / 3),
        ((0, 0, 4, 4), 1 / 4),
        ((2, 2, 4, 4), 0.0),
        ((1, 1, 1, 1), 0.0),
        ((2, 2, 0, 0), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(other: tuple[float, ...], expected: float) -> None:
    assert overlap(np.array([0.0, 0.0, 2.0, 2.0]), np.array(other, float)) == pytest.approx(expected)


@given(boxes)
def test_a_box_has_the_place_of_the_first_that_it_overlaps(found: np.ndarray) -> None:
    clusters = cluster_boxes(found, 0.3)
    for number, cluster in enumerate(clusters):
        firsts = [other for other in range(number) if clusters[other] == other]
        overlapped = [other for other in firsts if overlap(found[other], found[number]) > 0.3]
        assert cluster == (overlapped[0] if overlapped else number)


def test_a_box_that_overlaps_none_but_a_box_of_another_place_has_its_own() -> None:
    chain = np.array([[0.0, 0.0, 4.0, 1.0], [2.0, 0.0, 6.0, 1.0], [4.0, 0.0, 8.0, 1.0]])
    assert cluster_boxes(chain, 0.3).tolist() == [0, 0, 2]


def test_a_place_is_the_mean_of_its_boxes_of_one_turn_by_their_scores() -> None:
    values = np.array([[0.0, 8.0], [4.0, 0.0], [9.0, 9.0], [100.0, 100.0]])
    weights, clusters, turns = np.array([0.75, 0.25, 0.5, 0.1]), np.array([0, 0, 2, 0]), np.array([1, 1, 1, 0])
    assert weighted_means(values, weights, clusters, turns)[[0, 2]].tolist() == [[1.0, 6.0], [9.0, 9.0]]
