"""Which of a video's kept frames are chosen: a draw that depends on nothing but the seed, the video and the frames."""

from __future__ import annotations

import hashlib
import heapq
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MAX_CANDIDATES = 256
"""Kept frames that are held until the video has been read: those that the draw puts first."""
MAX_BYTES = 64 << 20
SPARE_CANDIDATES = 16
"""At least this many more than are needed are held, for those whose fit can't be proven."""


@dataclass(frozen=True, order=True)
class Candidate:
    """A kept frame that may be chosen. rank: its rank in the draw, a random number. crop (size, size, 3)
    uint8 BGR. frame: the whole frame as a file's content, where it is to be kept, with that file's ending.
    """

    rank: int
    index: int
    name: str = field(compare=False)
    seconds: float | None = field(compare=False)
    crop: npt.NDArray[np.uint8] = field(compare=False)
    frame: bytes = field(compare=False, default=b"")
    frame_ending: str = field(compare=False, default="")


def rank_of(seed: int, identity: str, video: str, frame: str) -> int:
    """The frame's rank in its video's draw: 64 bits of the SHA-256 of all that the draw depends on."""
    text = b"\0".join([str(seed).encode(), *map(os.fsencode, (identity, video, frame))])
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def capacity_for(needed: int, crop_size: int) -> int:
    """How many candidates are held where `needed` are to be chosen, with crops of `crop_size` pixels a side."""
    fitting = MAX_BYTES // (crop_size * crop_size * 3)
    return max(needed + SPARE_CANDIDATES, min(MAX_CANDIDATES, fitting))


class Pool:
    """The candidates that the draw puts first of all that were offered, `capacity` at most."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._worst_first: list[tuple[int, int, Candidate]] = []

    def wants(self, rank: int) -> bool:
        """Whether a candidate of this rank would stay; it costs something to make one."""
        return len(self._worst_first) < self._capacity or rank < -self._worst_first[0][0]

    def add(self, candidate: Candidate) -> None:
        """Hold it, and let go of the one that the draw puts last."""
        heapq.heappush(self._worst_first, (-candidate.rank, -candidate.index, candidate))
        if len(self._worst_first) > self._capacity:
            heapq.heappop(self._worst_first)

    @property
    def drawn(self) -> list[Candidate]:
        """The candidates in the order of the draw."""
        return sorted(candidate for _, _, candidate in self._worst_first)


def choose(
    drawn: Sequence[Candidate], needed: int, gap: float, is_proven: Callable[[Candidate], bool]
) -> list[Candidate]:
    """The first `needed` of `drawn` that are proven and lie `gap` seconds apart; fewer where there are no more.

    Where those that are drawn first leave no room for the others, though there would be room, they are drawn from the
    longest row that keeps the gap.
    """
    chosen: list[Candidate] = []
    for candidate in drawn:
        if len(chosen) == needed:
            break
        if _keeps_gap(candidate, chosen, gap) and is_proven(candidate):
            chosen.append(candidate)
    if len(chosen) == needed or not gap:
        return chosen
    row = _longest_row([candidate for candidate in drawn if is_proven(candidate)], gap)
    return sorted(row)[:needed] if len(row) > len(chosen) else chosen


def _keeps_gap(candidate: Candidate, chosen: Sequence[Candidate], gap: float) -> bool:
    return not gap or all(_apart(candidate, other) >= gap for other in chosen)


def _apart(one: Candidate, other: Candidate) -> float:
    """Seconds between two frames; photos, which have no time, are as far apart as can be."""
    if one.seconds is None or other.seconds is None:
        return float("inf")
    return abs(one.seconds - other.seconds)


def _longest_row(candidates: Sequence[Candidate], gap: float) -> list[Candidate]:
    """As many of `candidates` as can keep the gap: from the earliest on, each time the next that does."""
    row: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda one: (one.seconds or 0.0, one.index)):
        if not row or _apart(row[-1], candidate) >= gap:
            row.append(candidate)
    return row
