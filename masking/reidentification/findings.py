"""What the table shows beyond its lines: the worst recogniser, differences between setups, who is recognised most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from masking.reidentification.figures import Figure, rank_1_among
from masking.reidentification.protocols import Protocol
from masking.reidentification.setups import Attack
from masking.reidentification.significance import holm, mcnemar_p
from masking.reidentification.study import Row, Study

MASKLESS = frozenset({"Face2Face", "FaceAlone2FaceAlone", "Background2Face", "Background2Background"})
"""Setups without a mask: they say nothing of how well masks hide anybody."""
PEOPLE_SHOWN = 3


@dataclass(frozen=True)
class Difference:
    """Two setups on the same queries, one a person. only_first, only_second: who is recognised in one of them alone.
    p: McNemar's, exact; adjusted: for the number of comparisons in the same protocol and recogniser.
    """

    protocol: Protocol
    recogniser: str
    first: str
    second: str
    people: int
    only_first: int
    only_second: int
    p: float
    adjusted: float


@dataclass(frozen=True)
class PersonRate:
    """How often a person is recognised at rank 1 behind a mask, over all setups with a mask, and the mean rank as a
    share of the gallery.
    """

    identity: str
    rank_1: float
    rank: float


def worst_rows(rows: Sequence[Row]) -> list[Row]:
    """Of each protocol, setup and attack that several recognisers were tried on, the line of the one that recognises
    most.
    """
    grouped: dict[tuple[Protocol, str, Attack], list[Row]] = defaultdict(list)
    for row in rows:
        if row.figures is not None:
            grouped[row.protocol, row.setup, row.attack].append(row)
    several = [group for group in grouped.values() if len(group) > 1]
    return [max(group, key=lambda row: rank_1(row).value) for group in several]


def strongest(rows: Sequence[Row], protocol: Protocol) -> Row | None:
    """The line with a mask that lies farthest above its chance level, by the interval's lower end over chance."""
    masked = [row for row in rows if row.protocol is protocol and row.figures and row.setup not in MASKLESS]
    return max(masked, key=lambda row: rank_1(row).low - (rank_1(row).chance or 0.0), default=None)


def rank_1(row: Row) -> Figure:
    """A line's rank-1 figure. Raises ValueError where it has no figures."""
    if row.figures is None:
        raise ValueError(f"{row.setup} has no figures")
    return row.figures.named["rank_1"]


def plain_among_as_many(study: Study, row: Row) -> float | None:
    """What the unadapted recogniser reaches in as small a gallery as a parrot's test half; None for other lines."""
    if row.attack is not Attack.PARROT or row.figures is None:
        return None
    same = [
        one
        for one in study.rows
        if (one.protocol, one.setup, one.recogniser) == (row.protocol, row.setup, row.recogniser)
        and one.attack in (Attack.PLAIN, Attack.CROSS_MASK)
        and one.runs
    ]
    if not same:
        return None
    size = round(row.figures.gallery)
    runs = same[0].runs
    ranks = np.concatenate([run.ranks for run in runs])
    gallery = np.concatenate([np.full(len(run.ranks), run.gallery_people) for run in runs])
    return float(rank_1_among(ranks, gallery, size).mean()) if size <= gallery.min() else None


def differences(study: Study) -> list[Difference]:
    """Every two setups of a protocol and recogniser that were tried on the same queries."""
    found: list[Difference] = []
    for protocol in Protocol:
        for recogniser in study.recognisers:
            rows = [
                row
                for row in study.rows
                if row.runs
                and (row.protocol, row.recogniser) == (protocol, recogniser)
                and row.attack in (Attack.PLAIN, Attack.CONTROL)
            ]
            found += _family(protocol, recogniser, rows)
    return found


def _family(protocol: Protocol, recogniser: str, rows: Sequence[Row]) -> Iterator[Difference]:
    hits = [(row, *_one_query_a_person(row)) for row in rows]
    pairs = [(one, other) for one, other in combinations(hits, 2) if np.array_equal(one[1], other[1])]
    p_values = [mcnemar_p(one[2], other[2]) for one, other in pairs]
    for (one, other), p, adjusted in zip(pairs, p_values, holm(p_values) if p_values else [], strict=True):
        only_first, only_second = (int(np.count_nonzero(a & ~b)) for a, b in ((one[2], other[2]), (other[2], one[2])))
        names = one[0].setup, other[0].setup
        yield Difference(protocol, recogniser, *names, len(one[1]), only_first, only_second, p, adjusted)


def _one_query_a_person(row: Row) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Each person's first query in the first draw, as a row among the samples, and whether it was recognised."""
    run, rows = row.runs[0], row.rows[0]
    _, first = np.unique(run.people, return_index=True)
    return rows[first], run.ranks[first] == 1


def people_by_rate(study: Study) -> list[PersonRate]:
    """Everybody, the most re-identifiable first."""
    hits: dict[int, list[float]] = defaultdict(list)
    ranks: dict[int, list[float]] = defaultdict(list)
    for row in study.rows:
        if row.setup in MASKLESS or row.attack is Attack.PARROT:
            continue
        for run in row.runs:
            for person, rank in zip(run.people.tolist(), run.ranks.tolist(), strict=True):
                hits[person].append(float(rank == 1))
                ranks[person].append(rank / run.gallery_people)
    rates = [PersonRate(study.people[one], float(np.mean(hits[one])), float(np.mean(ranks[one]))) for one in hits]
    return sorted(rates, key=lambda rate: (-rate.rank_1, rate.rank, rate.identity))
