"""Every query against every gallery image, block by block: ranks, and all that verification figures need.

Scores are cosines, computed in double precision and rounded to single. So equal vectors have exactly equal scores
wherever they stand in a block, and ties are seen as ties; an optimised product in single precision adds up in another
order at a block's rim and would distinguish copies of one vector.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.reidentification.roc import Roc

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

PAIRS_PER_BLOCK = 4_000_000
MAX_THREADS = 8
SAMPLED_PAIRS = 100_000
"""Impostor pairs that intervals are resampled from; of more a random sample is drawn."""
SCORE_EDGES = np.linspace(-1, 1, 801)
MAX_WINNERS = 20
"""Ties a query, on average, up to which the winners are kept: more mean that the recogniser distinguishes nobody."""


@dataclass(frozen=True)
class Enrolled:
    """One side of a comparison. vectors (N, D) float32, NaN in rows that could not be enrolled; people (N,) int64:
    whose each is, as numbers that both sides share.
    """

    vectors: Floats
    people: Indices

    @property
    def is_enrolled(self) -> npt.NDArray[np.bool_]:
        """Which rows (N,) hold a vector."""
        return np.asarray(np.isfinite(self.vectors).all(axis=1))


@dataclass(frozen=True)
class Identification:
    """For each query (Q,): its person, its rank and how many others score exactly as the true person does.

    rank: 1 + the number of people in the gallery who score strictly better than the true one, so that a tie counts as
    the attacker's success; a query that is not enrolled, or whose person isn't in the gallery's enrolled images, comes
    last. true_score and best_other_score are NaN then; best_other (Q,) is -1.
    winners (W, 2): row of a query, and a person who scores best for it; None where nearly everybody ties.
    """

    people: Indices
    ranks: Indices
    ties: Indices
    true_score: Floats
    best_other_score: Floats
    best_other: Indices
    winners: Indices | None
    gallery_people: int

    @property
    def ranks_if_ties_are_lost(self) -> Indices:
        """The ranks (Q,) if every tie were decided against the attacker."""
        return self.ranks + self.ties


@dataclass(frozen=True)
class Verification:
    """All pairs' scores, as far as figures need them.

    genuine (G,) float32 ascending with genuine_people (G,). impostors_below, impostors_up_to (G,): how many of
    `impostors` score less than each genuine score, and no more than it. impostor_mean, impostor_variance: of all.
    sample (S,) float32: impostor scores drawn at random, or all; sample_people (S, 2): their query's and gallery
    image's person. histogram (800,) of impostor scores over SCORE_EDGES.
    """

    genuine: Floats
    genuine_people: Indices
    impostors: int
    impostors_below: Indices
    impostors_up_to: Indices
    impostor_mean: float
    impostor_variance: float
    sample: Floats
    sample_people: Indices
    histogram: Indices

    @property
    def roc(self) -> Roc:
        """The exact curve."""
        return Roc.from_counts(self.genuine, self.impostors_below, self.impostors_up_to, self.impostors)


@dataclass(frozen=True)
class _Part:
    rows: Indices
    ranks: Indices
    ties: Indices
    true_score: Floats
    best_other_score: Floats
    best_other: Indices
    winners: Indices
    below: Indices
    up_to: Indices
    total: float
    squares: float
    histogram: Indices
    sample: Floats
    sample_people: Indices


def unit_vectors(vectors: Floats) -> npt.NDArray[np.float64]:
    """`vectors` (N, D) at length 1, double precision; a zero vector, which resembles nothing, stays zero."""
    double = vectors.astype(np.float64)
    lengths = np.linalg.norm(double, axis=1, keepdims=True)
    return double / np.where(lengths > 0, lengths, 1)


def compare(query: Enrolled, gallery: Enrolled, seed: int = 0) -> tuple[Identification, Verification]:
    """Compare each query with each gallery image; memory is bounded by blocks of PAIRS_PER_BLOCK pairs a thread.

    A person's score is that of the best of their gallery images. seed: draws the sample of impostor pairs.
    Raises ValueError where no query's person is in the gallery.
    """
    return _Comparison(query, gallery, seed).run()


def score_blocks(query: Enrolled, gallery: Enrolled) -> Iterator[Floats]:
    """The scores (rows, N) float32 of all queries in their order against all gallery images; NaN where one of both is
    not enrolled.
    """
    right = unit_vectors(gallery.vectors).T
    rows = max(1, PAIRS_PER_BLOCK // max(1, len(gallery.people)))
    for start in range(0, len(query.people), rows):
        yield (unit_vectors(query.vectors[start : start + rows]) @ right).astype(np.float32)


class _Comparison:
    def __init__(self, query: Enrolled, gallery: Enrolled, seed: int) -> None:
        self._query_people = query.people
        known = np.flatnonzero(gallery.is_enrolled)
        order = known[np.argsort(gallery.people[known], kind="stable")]
        self._gallery_people = gallery.people[order]
        self._gallery = unit_vectors(gallery.vectors[order])
        self._persons, self._starts = np.unique(self._gallery_people, return_index=True)
        # Whoever is in the gallery's folder counts, be it that none of their images could be enrolled.
        self._people_in_gallery = len(np.unique(gallery.people))
        self._rows = np.flatnonzero(query.is_enrolled & np.isin(query.people, self._persons))
        if not len(self._rows):
            raise ValueError("no enrolled query's person has an enrolled image in the gallery")
        self._vectors = unit_vectors(query.vectors[self._rows])
        self._people = query.people[self._rows]
        self._columns = np.searchsorted(self._persons, self._people)
        self._seed = seed
        self._genuine, self._genuine_people = self._genuine_scores()
        self._impostors = len(self._rows) * len(self._gallery_people) - len(self._genuine)

    def run(self) -> tuple[Identification, Verification]:
        height = max(1, PAIRS_PER_BLOCK // len(self._gallery_people))
        starts = range(0, len(self._rows), height)
        threads = min(MAX_THREADS, os.cpu_count() or 1, len(starts))
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(lambda start: self._block(start, start + height), starts))
        return self._identification(parts), self._verification(parts)

    def _genuine_scores(self) -> tuple[Floats, Indices]:
        ends = np.append(self._starts[1:], len(self._gallery_people))
        scores, people = [], []
        order = np.argsort(self._people, kind="stable")
        queried, firsts = np.unique(self._people[order], return_index=True)
        for person, rows in zip(queried, np.split(order, firsts[1:]), strict=True):
            column = np.searchsorted(self._persons, person)
            images = self._gallery[self._starts[column] : ends[column]]
            found = (self._vectors[rows] @ images.T).astype(np.float32).ravel()
            scores.append(found)
            people.append(np.full(len(found), person))
        together, whose = np.concatenate(scores), np.concatenate(people)
        ascending = np.argsort(together, kind="stable")
        return together[ascending], whose[ascending]

    def _block(self, start: int, end: int) -> _Part:
        rows, people, columns = self._rows[start:end], self._people[start:end], self._columns[start:end]
        scores = (self._vectors[start:end] @ self._gallery.T).astype(np.float32)
        by_person = scores
        if len(self._persons) < len(self._gallery_people):
            by_person = np.maximum.reduceat(scores, self._starts, axis=1)
        here = np.arange(len(rows))
        true = by_person[here, columns]
        best = by_person.max(axis=1)
        tied = by_person == true[:, None]
        winners = np.argwhere(by_person == best[:, None])
        ranks = 1 + np.count_nonzero(by_person > true[:, None], axis=1)
        others = by_person.copy() if by_person is scores else by_person
        others[here, columns] = -np.inf
        rival = others.argmax(axis=1)
        sample, sample_people = self._sampled(scores, people, start)
        impostors = scores[people[:, None] != self._gallery_people[None, :]]
        impostors.sort()
        double = impostors.astype(np.float64)
        return _Part(
            rows=rows,
            ranks=ranks,
            ties=np.count_nonzero(tied, axis=1) - 1,
            true_score=true,
            best_other_score=others[here, rival],
            best_other=self._persons[rival],
            winners=np.column_stack([rows[winners[:, 0]], self._persons[winners[:, 1]]]),
            below=np.searchsorted(impostors, self._genuine, "left"),
            up_to=np.searchsorted(impostors, self._genuine, "right"),
            total=float(double.sum()),
            squares=float(double @ double),
            histogram=np.diff(np.searchsorted(impostors, SCORE_EDGES.astype(np.float32))),
            sample=sample,
            sample_people=sample_people,
        )

    def _sampled(self, scores: Floats, people: Indices, start: int) -> tuple[Floats, Indices]:
        """Impostor pairs of a block: all of them, or its share of the sample."""
        if self._impostors <= SAMPLED_PAIRS:
            rows, columns = np.nonzero(people[:, None] != self._gallery_people[None, :])
        else:
            random = np.random.default_rng([self._seed, start])
            count = round(SAMPLED_PAIRS * len(people) / len(self._rows))
            rows = random.integers(0, scores.shape[0], count)
            columns = random.integers(0, scores.shape[1], count)
            different = people[rows] != self._gallery_people[columns]
            rows, columns = rows[different], columns[different]
        return scores[rows, columns], np.column_stack([people[rows], self._gallery_people[columns]])

    def _identification(self, parts: list[_Part]) -> Identification:
        count = len(self._query_people)
        rows = np.concatenate([part.rows for part in parts])
        ranks = np.full(count, self._people_in_gallery, dtype=np.int64)
        ties, best_other = np.zeros(count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
        true, best = np.full(count, np.nan, np.float32), np.full(count, np.nan, np.float32)
        ranks[rows] = np.concatenate([part.ranks for part in parts])
        ties[rows] = np.concatenate([part.ties for part in parts])
        true[rows] = np.concatenate([part.true_score for part in parts])
        alone = len(self._persons) == 1
        best[rows] = np.nan if alone else np.concatenate([part.best_other_score for part in parts])
        best_other[rows] = -1 if alone else np.concatenate([part.best_other for part in parts])
        won = sum(len(part.winners) for part in parts)
        winners = np.concatenate([part.winners for part in parts]) if won <= MAX_WINNERS * count else None
        return Identification(self._query_people, ranks, ties, true, best, best_other, winners, self._people_in_gallery)

    def _verification(self, parts: list[_Part]) -> Verification:
        mean = sum(part.total for part in parts) / max(1, self._impostors)
        squares = sum(part.squares for part in parts) / max(1, self._impostors)
        return Verification(
            genuine=self._genuine,
            genuine_people=self._genuine_people,
            impostors=self._impostors,
            impostors_below=np.sum([part.below for part in parts], axis=0),
            impostors_up_to=np.sum([part.up_to for part in parts], axis=0),
            impostor_mean=mean,
            impostor_variance=max(0.0, squares - mean * mean),
            sample=np.concatenate([part.sample for part in parts]),
            sample_people=np.concatenate([part.sample_people for part in parts]),
            histogram=np.sum([part.histogram for part in parts], axis=0),
        )
