"""Is it more than chance, and is one setup more than another?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.reidentification.comparison import Identification, Indices


def permutation_p(runs: Sequence[Identification], permutations: int, seed: int) -> float | None:
    """How often as many queries are recognised at rank 1 where the people's names are exchanged among the queries.

    Whole people change names, the same in all draws, so that images of one person stay together. Of runs over parts of
    the people as many count as don't overlap: in others the same people would be asked again under new names. The true
    names count as one permutation (Phipson and Smyth 2010). None where nearly everybody ties, so that nothing can be
    said.
    """
    counted = _over_the_same_or_others(runs)
    if any(run.winners is None for run in counted):
        return None
    answers = [_Answers.of(run) for run in counted]
    observed = sum(answer.hits(answer.people) for answer in answers)
    random, everybody = np.random.default_rng(seed), np.unique(np.concatenate([answer.people for answer in answers]))
    as_many = 0
    for _ in range(permutations):
        order = random.permutation(len(everybody))
        as_many += sum(answer.hits(answer.exchanged(everybody, order)) for answer in answers) >= observed
    return (1 + as_many) / (1 + permutations)


@dataclass(frozen=True)
class _Answers:
    """people (P,): who was asked for; queried, answered (W,): whose query, as an index into people, found whom."""

    people: Indices
    queried: Indices
    answered: Indices

    @classmethod
    def of(cls, run: Identification) -> _Answers:
        people, winners = np.unique(run.people), run.winners
        if winners is None:
            raise ValueError("the winners were not kept")
        return cls(people, np.searchsorted(people, run.people[winners[:, 0]]), winners[:, 1])

    def hits(self, names: Indices) -> int:
        """How many answers are right if `people` have `names` (P,)."""
        return int(np.count_nonzero(names[self.queried] == self.answered))

    def exchanged(self, everybody: Indices, order: Indices) -> Indices:
        """`people` in the order in which `order` of `everybody` holds them."""
        ranks = order[np.searchsorted(everybody, self.people)]
        return self.people[np.argsort(ranks, kind="stable")]


def _over_the_same_or_others(runs: Sequence[Identification]) -> list[Identification]:
    """The first run, and of the others those over exactly the people of one that counts, or over nobody of them."""
    kept: list[Identification] = []
    sets: list[frozenset[int]] = []
    for run in runs:
        people = frozenset(run.people.tolist())
        if people in sets or all(people.isdisjoint(other) for other in sets):
            kept.append(run)
            sets.append(people)
    return kept


def mcnemar_p(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Exact two-sided p of McNemar's test for two setups' hits on the same queries, (Q,) each, one query a person."""
    from scipy.stats import binomtest

    only_first, only_second = np.count_nonzero(first & ~second), np.count_nonzero(second & ~first)
    discordant = int(only_first + only_second)
    return 1.0 if discordant == 0 else float(binomtest(int(only_first), discordant).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """`p_values` adjusted for their number (Holm 1979), in their order."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return [float(p) for p in adjusted]
