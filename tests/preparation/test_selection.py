"""The draw depends on the seed, the video and its frames alone, and keeps the gap wherever that is possible."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from masking.preparation.selection import Candidate, Pool, capacity_for, choose, rank_of

NOTHING = np.zeros((1, 1, 3), np.uint8)


def candidate(rank: int, index: int = 0, seconds: float | None = 0.0) -> Candidate:
    return Candidate(rank, index, f"f{index}", seconds, NOTHING)


def always(_: Candidate) -> bool:
    return True


def test_seed_identity_video_and_frame_all_decide() -> None:
    ranks = {rank_of(*parts) for parts in itertools.product((1, 2), ("a", "b"), ("c", "d"), ("e", "f"))}
    assert len(ranks) == 16
    assert rank_of(42, "Ada", "1", "0.123") == 11160927425475850100


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=60), st.integers(1, 20), st.randoms())
def test_the_pool_holds_what_is_drawn_first_in_whatever_order_it_comes(ranks, capacity, chance) -> None:
    offered = [candidate(rank, index) for index, rank in enumerate(ranks)]
    chance.shuffle(offered)
    pool = Pool(capacity)
    for one in offered:
        if pool.wants(one.rank):
            pool.add(one)
    assert [one.rank for one in pool.drawn] == sorted(ranks)[:capacity]


times = st.lists(st.integers(0, 40), unique=True, min_size=1, max_size=9)


@given(times, st.integers(1, 4), st.integers(1, 15), st.randoms())
def test_if_any_frames_keep_the_gap_such_frames_are_chosen(seconds, needed, gap, chance) -> None:
    ranks = list(range(len(seconds)))
    chance.shuffle(ranks)
    drawn = sorted(candidate(rank, second, float(second)) for rank, second in zip(ranks, seconds, strict=True))
    chosen = choose(drawn, needed, gap, always)
    assert all(abs(one.seconds - other.seconds) >= gap for one, other in itertools.combinations(chosen, 2))
    possible = any(
        all(abs(one - other) >= gap for one, other in itertools.combinations(row, 2))
        for row in itertools.combinations(seconds, needed)
    )
    assert (len(chosen) == needed) == possible


def test_what_cannot_be_proven_is_passed_over_and_each_is_asked_once() -> None:
    asked = []

    def is_proven(one: Candidate) -> bool:
        asked.append(one.index)
        return one.index != 1

    drawn = [candidate(rank, rank) for rank in range(5)]
    assert [one.index for one in choose(drawn, 2, 0.0, is_proven)] == [0, 2]
    assert asked == [0, 1, 2]


def test_photos_which_have_no_time_keep_any_gap() -> None:
    drawn = [candidate(rank, rank, None) for rank in range(2)]
    assert len(choose(drawn, 2, 60.0, always)) == 2


def test_memory_bounds_how_many_large_crops_wait() -> None:
    assert capacity_for(2, 224) == 256
    assert capacity_for(2, 2048) == 18
    assert capacity_for(500, 224) == 516
