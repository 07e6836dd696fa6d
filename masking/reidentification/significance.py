"""Is it more than chance, and is one setup more than another?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from masking.reidentification.comparison import Identification


def permutation_p(runs: Sequence[Identification], permutations: int, seed: int) -> float | None:
    """How often as many queries are recognised at rank 1 where the people's names are exchanged among the queries.

    Whole people change names, so that images of one person stay together. The true names count as one permutation
    (Phipson and Smyth 2010). None where nearly everybody ties, so that nothing can be said.
    """
    named = [(run.people, run.winners) for run in runs if run.winners is not None]
    if len(named) < len(runs):
        return None
    people = np.unique(np.concatenate([whose for whose, _ in named]))
    queried = np.concatenate([np.searchsorted(people, whose[winners[:, 0]]) for whose, winners in named])
    answered = np.concatenate([winners[:, 1] for _, winners in named])
    observed = np.count_nonzero(people[queried] == answered)
    random = np.random.default_rng(seed)
    as_many = sum(
        np.count_nonzero(random.permutation(people)[queried] == answered) >= observed for _ in range(permutations)
    )
    return (1 + as_many) / (1 + permutations)


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
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return [float(p) for p in adjusted]
