"""From comparisons to figures: each with its chance level and its 95% interval."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.reidentification.comparison import MAX_THREADS, SAMPLED_PAIRS, Identification, Verification
from masking.reidentification.intervals import (
    Interval,
    Weights,
    around,
    bounded,
    mean_interval,
    rate_interval,
    resampled_people,
)
from masking.reidentification.roc import WeightedScores, separation
from masking.reidentification.significance import permutation_p

RANKS = (1, 5, 10)
FALSE_ACCEPT_RATES = (0.001, 0.01)
PAIRS_TO_TELL = 10
"""Impostor pairs that a threshold must let through, by its false accept rate, before that rate is a figure."""
LONGEST_CMC = 50
GALLERY_SIZES = 24
WEIGHTS_AT_ONCE = 2_000_000

Run = tuple[Identification, Verification]


@dataclass(frozen=True)
class Figure:
    """A figure with its 95% interval and what chance alone would give. lowest, highest: over the draws."""

    value: float
    low: float
    high: float
    chance: float | None
    lowest: float
    highest: float

    @property
    def exceeds_chance(self) -> bool:
        """Whether the whole interval lies above chance."""
        return self.chance is not None and self.low > self.chance


@dataclass(frozen=True)
class CurvePoint:
    """One point of a curve: at rank or gallery size `at`."""

    at: int
    value: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True)
class Figures:
    """What a setup's comparisons show. people: who were searched for; gallery: the mean number of people among whom.

    named: figures by name: rank_1, mean_rank, auc, eer, d_prime, tar_at_far_0.01 and so on. p_value: of rank 1 against
    chance. tied: queries with which another person scores exactly as the true one; rank_1_if_ties_are_lost: if each of
    these were decided against the attacker. genuine, impostor: shares of scores over SCORE_EDGES.
    """

    people: int
    queries: int
    gallery: float
    draws: int
    named: Mapping[str, Figure]
    p_value: float | None
    tied: int
    rank_1_if_ties_are_lost: float
    cmc: Sequence[CurvePoint]
    gallery_curve: Sequence[CurvePoint]
    genuine: npt.NDArray[np.float64]
    impostor: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Precision:
    """How often is drawn: resamples of people, permutations of names; seed: of both."""

    resamples: int = 1000
    permutations: int = 2000
    seed: int = 42


def figures(runs: Sequence[Run], precision: Precision) -> Figures:
    """The figures of a setup from its `runs`, one for each draw of images or fold of people, at least one."""
    identified = [identification for identification, _ in runs]
    verified = [verification for _, verification in runs]
    people = np.unique(np.concatenate([run.people for run in identified]))
    weights = resampled_people(len(people), precision.resamples, precision.seed)
    queries = _Queries(identified, people, weights)
    named = {f"rank_{k}": queries.rank(k) for k in RANKS}
    named["mean_rank"] = queries.mean_rank()
    named |= _verification_figures(verified, people, weights)
    return Figures(
        people=len(people),
        queries=len(queries.ranks),
        gallery=float(np.mean([run.gallery_people for run in identified])),
        draws=len(runs),
        named=named,
        p_value=permutation_p(identified, precision.permutations, precision.seed),
        tied=int(np.count_nonzero(np.concatenate([run.ties for run in identified]))),
        rank_1_if_ties_are_lost=float(np.mean(np.concatenate([run.ranks_if_ties_are_lost for run in identified]) == 1)),
        cmc=queries.cmc(),
        gallery_curve=queries.gallery_curve(),
        genuine=_shares([verification.genuine for verification in verified]),
        impostor=_normalised(np.sum([verification.histogram for verification in verified], axis=0)),
    )


class _Queries:
    """All runs' queries: who, which rank, among how many."""

    def __init__(self, runs: Sequence[Identification], people: npt.NDArray[np.int64], weights: Weights) -> None:
        self.ranks = np.concatenate([run.ranks for run in runs])
        self._gallery = np.concatenate([np.full(len(run.people), run.gallery_people) for run in runs])
        self._run = np.concatenate([np.full(len(run.people), number) for number, run in enumerate(runs)])
        self._person = np.searchsorted(people, np.concatenate([run.people for run in runs]))
        self._counts = np.bincount(self._person, minlength=len(people)).astype(np.float64)
        self._people, self._weights = len(people), weights

    def rank(self, k: int) -> Figure:
        """The share of queries whose person is among the best k."""
        hits = (self.ranks <= k).astype(np.float64)
        interval = rate_interval(self._sums(hits), self._counts, self._weights)
        return self._figure(hits, interval, float(np.mean(np.minimum(1.0, k / self._gallery))))

    def mean_rank(self) -> Figure:
        """The mean rank; chance gives the middle one."""
        largest = float(self._gallery.max())
        interval = mean_interval(self._sums(self.ranks), self._counts, self._weights, 1.0, largest)
        return self._figure(self.ranks.astype(np.float64), interval, float(np.mean((self._gallery + 1) / 2)))

    def cmc(self) -> list[CurvePoint]:
        """The cumulative match characteristic up to rank LONGEST_CMC."""
        points = []
        for k in range(1, min(LONGEST_CMC, int(self._gallery.max())) + 1):
            figure = self.rank(k)
            points.append(CurvePoint(k, figure.value, figure.low, figure.high, figure.chance or 0.0))
        return points

    def gallery_curve(self) -> list[CurvePoint]:
        """Rank-1 rate over the number of people in the gallery."""
        smallest = int(self._gallery.min())
        if smallest < 2:
            return []
        sizes = np.unique(np.rint(np.geomspace(2, smallest, GALLERY_SIZES)).astype(int))
        points = []
        for size in sizes:
            shares = rank_1_among(self.ranks, self._gallery, int(size))
            interval = rate_interval(self._sums(shares), self._counts, self._weights)
            points.append(CurvePoint(int(size), float(shares.mean()), interval.low, interval.high, 1 / int(size)))
        return points

    def _sums(self, values: npt.NDArray[np.generic]) -> Weights:
        return np.bincount(self._person, weights=values.astype(np.float64), minlength=self._people).astype(np.float64)

    def _figure(self, values: npt.NDArray[np.float64], interval: Interval, chance: float) -> Figure:
        by_run = np.bincount(self._run, weights=values) / np.bincount(self._run)
        value = float(values.mean())
        return Figure(value, interval.low, interval.high, chance, float(by_run.min()), float(by_run.max()))


def rank_1_among(
    ranks: npt.NDArray[np.integer], gallery: npt.NDArray[np.integer], size: int
) -> npt.NDArray[np.float64]:
    """The chance (Q,) that each query would be at rank 1 if only `size` of its gallery's people were there, the true
    one among them and the others drawn at random: that none of the better ones is drawn, without drawing any.
    """
    from scipy.special import gammaln

    left = gallery - ranks
    possible = left >= size - 1
    left = np.where(possible, left, size - 1)
    # C(gallery - rank, size - 1) / C(gallery - 1, size - 1)
    logarithm = gammaln(left + 1) - gammaln(left - size + 2) - gammaln(gallery) + gammaln(gallery - size + 1)
    return np.where(possible, np.exp(np.minimum(logarithm, 0.0)), 0.0)


def _verification_figures(
    runs: Sequence[Verification], people: npt.NDArray[np.int64], weights: Weights
) -> dict[str, Figure]:
    if any(run.impostors == 0 for run in runs):
        return {}
    pairs = sum(run.impostors for run in runs) / len(runs)
    told = [rate for rate in FALSE_ACCEPT_RATES if pairs * rate >= PAIRS_TO_TELL]
    resampled = _ResampledScores(runs, people, told)
    replicates = resampled.values(weights)
    whole = resampled.values(np.ones((1, len(people))))
    chances = {"auc": 0.5, "eer": 0.5, "d_prime": 0.0, **{_tar_name(rate): rate for rate in told}}
    exact = [_exact(run, told) for run in runs]
    result = {}
    for name, chance in chances.items():
        by_run = [values[name] for values in exact]
        value = float(np.mean(by_run))
        # The interval comes from a sample of the impostors; its middle is moved to what all of them give.
        drawn = replicates[name][np.isfinite(replicates[name])]
        interval = around(value, drawn - whole[name] + value, len(people))
        if name != "d_prime":
            interval = bounded(interval, value, 0.0, 1.0, len(people))
        if name.startswith("tar"):
            interval = interval.joined(_accepted_interval(runs, people, weights, float(name.rpartition("_")[2])))
        result[name] = Figure(value, interval.low, interval.high, chance, min(by_run), max(by_run))
    return result


def _tar_name(rate: float) -> str:
    return f"tar_at_far_{rate:g}"


def _exact(run: Verification, rates: Sequence[float]) -> dict[str, float]:
    genuine = run.genuine.astype(np.float64)
    apart = separation(genuine.mean(), genuine.var(), run.impostor_mean, run.impostor_variance)
    roc = run.roc
    tars = {_tar_name(rate): roc.true_accepts_at(rate) for rate in rates}
    return {"auc": roc.area, "eer": roc.equal_error_rate, "d_prime": float(apart), **tars}


def _accepted_interval(
    runs: Sequence[Verification], people: npt.NDArray[np.int64], weights: Weights, rate: float
) -> Interval:
    """The interval of the genuine pairs' share that is accepted, the thresholds being what they are."""
    sums, counts = np.zeros(len(people)), np.zeros(len(people))
    for run in runs:
        person = np.searchsorted(people, run.genuine_people)
        accepted = run.impostors - run.impostors_below <= rate * run.impostors
        sums += np.bincount(person, weights=accepted, minlength=len(people))
        counts += np.bincount(person, minlength=len(people))
    return rate_interval(sums[counts > 0], counts[counts > 0], weights[:, counts > 0])


class _ResampledScores:
    """Verification figures for other weights of people. A pair counts as often as both of its people were drawn."""

    def __init__(self, runs: Sequence[Verification], people: npt.NDArray[np.int64], rates: Sequence[float]) -> None:
        self._rates = rates
        self._runs = []
        max_pairs = max(1, SAMPLED_PAIRS // len(runs))
        for number, run in enumerate(runs):
            kept = np.random.default_rng(number).permutation(len(run.sample))[:max_pairs]
            scores = WeightedScores(run.genuine, run.sample[kept])
            pairs = np.searchsorted(people, run.sample_people[kept])
            self._runs.append((scores, np.searchsorted(people, run.genuine_people), pairs))

    def values(self, weights: Weights) -> dict[str, npt.NDArray[np.float64]]:
        """The figures (B,) with each row of `weights` (B, P) of people, as means over the runs that have pairs of both
        kinds then; NaN where none has.
        """
        found = [self._of_run(weights, *run) for run in self._runs]
        names = ("auc", "eer", "d_prime", *map(_tar_name, self._rates))
        sums = {name: np.nansum([values[name] for values in found], axis=0) for name in names}
        counts = np.sum([np.isfinite(values["auc"]) for values in found], axis=0)
        return {name: np.where(counts > 0, sums[name] / np.maximum(counts, 1), np.nan) for name in names}

    def _of_run(
        self, weights: Weights, scores: WeightedScores, genuine: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]
    ) -> dict[str, npt.NDArray[np.float64]]:
        at_once = max(1, WEIGHTS_AT_ONCE // (len(genuine) + len(pairs)))
        chunks = [weights[start : start + at_once] for start in range(0, len(weights), at_once)]
        with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1, len(chunks))) as pool:
            done = list(pool.map(lambda chunk: self._of_chunk(chunk, scores, genuine, pairs), chunks))
        return {name: np.concatenate([values[name] for values in done]) for name in done[0]}

    def _of_chunk(
        self, weights: Weights, scores: WeightedScores, genuine: npt.NDArray[np.int64], pairs: npt.NDArray[np.int64]
    ) -> dict[str, npt.NDArray[np.float64]]:
        of_genuine, of_impostors = weights[:, genuine], weights[:, pairs[:, 0]] * weights[:, pairs[:, 1]]
        usable = (of_genuine.sum(axis=1) > 0) & (of_impostors.sum(axis=1) > 0)
        read = scores.read_off(of_genuine[usable], of_impostors[usable], self._rates)
        values = {"auc": read.area, "eer": read.equal_error_rate, "d_prime": read.separation}
        values |= {_tar_name(rate): read.true_accepts_at[rate] for rate in self._rates}
        result = {name: np.full(len(weights), np.nan) for name in values}
        for name, found in values.items():
            result[name][usable] = found
        return result


def _shares(scores: Sequence[npt.NDArray[np.floating]]) -> npt.NDArray[np.float64]:
    from masking.reidentification.comparison import SCORE_EDGES

    counted, _ = np.histogram(np.clip(np.concatenate(scores), -1, 1), SCORE_EDGES)
    return _normalised(counted)


def _normalised(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    return np.asarray(counts / max(1, int(counts.sum())), dtype=np.float64)


Evaluate = Callable[[Sequence[Run]], Figures]
