"""95% intervals that resample people, for images of one person are not independent (ISO/IEC 19795-1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`."""

    low: float
    high: float

    def joined(self, other: Interval) -> Interval:
        """The shortest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))


def resampled_people(people: int, resamples: int, seed: int) -> Weights:
    """How often each of `people` is drawn in each of `resamples` draws with replacement, (resamples, people)."""
    random = np.random.default_rng(seed)
    return random.multinomial(people, np.full(people, 1 / people), resamples).astype(np.float64)


def percentiles(replicates: npt.NDArray[np.floating], people: int) -> Interval:
    """The interval of a figure whose values over resampled people are `replicates` (B,): their percentiles, expanded
    for few people as by Hesterberg (What Teachers Should Know About the Bootstrap, 2015).
    """
    from scipy.stats import norm

    beyond = float(norm.cdf(-_quantile(people)))
    low, high = np.quantile(replicates, [beyond, 1 - beyond])
    return Interval(float(low), float(high))


def around(value: float, replicates: npt.NDArray[np.floating], people: int) -> Interval:
    """As `percentiles`, for a figure that is `value` and may be skewed: the wider of that and Student's around it.

    Each alone holds the truth less often than it says with a few dozen people.
    """
    reach = _quantile(people) * float(np.std(replicates))
    return percentiles(replicates, people).joined(Interval(value - reach, value + reach))


def _quantile(people: int) -> float:
    """Student's, times the root of n / (n - 1): a resample varies by so much less than new people would."""
    from scipy.stats import t

    few = max(2, people)
    return float(t.ppf((1 + CONFIDENCE) / 2, few - 1) * np.sqrt(few / (few - 1)))


def wilson(rate: float, trials: float) -> Interval:
    """Wilson's score interval of a `rate` in `trials`, which need not be whole numbers."""
    from scipy.stats import norm

    z = float(norm.ppf((1 + CONFIDENCE) / 2))
    middle = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * float(np.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def rate_interval(sums: Weights, counts: Weights, weights: Weights) -> Interval:
    """The interval of a share of successes: `sums` (P,) of `counts` (P,) trials of each person.

    The widest of three: people resampled by `weights` (B, P); Wilson's for as many independent trials as would vary
    as much, at least one a person, at most one a trial; and `with_unseen_people`. The first alone is empty where
    everybody succeeds or nobody does, the second alone takes one person's images for independent, and both are too
    narrow where almost everybody does. With one image a person the second is Wilson's.
    """
    people, trials = len(counts), float(counts.sum())
    rate = float(sums.sum() / trials)
    residuals = sums - rate * counts
    variance = float(residuals @ residuals) / trials**2 * people / max(1, people - 1)
    independent = rate * (1 - rate) / variance if variance > 0 and 0 < rate < 1 else people
    effective = min(max(float(independent), float(people)), max(trials, float(people)))
    resampled = percentiles(weights @ sums / np.maximum(weights @ counts, 1e-300), people)
    rate = min(1.0, max(0.0, rate))
    return resampled.joined(wilson(rate, effective)).joined(with_unseen_people(rate, people))


def with_unseen_people(rate: float, people: int) -> Interval:
    """What `rate` would be if there were as many others as Wilson allows of whom none is among `people`, and who always
    fail or always succeed. However many images a few people have, they say no more about these.
    """
    unseen = wilson(0.0, people).high
    return Interval(rate * (1 - unseen), rate + (1 - rate) * unseen)


def mean_interval(sums: Weights, counts: Weights, weights: Weights, minimum: float, maximum: float) -> Interval:
    """The interval of a mean between `minimum` and `maximum` over everybody's trials, by people resampled."""
    people, value = len(counts), float(sums.sum() / counts.sum())
    replicates = weights @ sums / np.maximum(weights @ counts, 1e-300)
    return bounded(around(value, replicates, people), value, minimum, maximum, people)


def bounded(interval: Interval, value: float, minimum: float, maximum: float, people: int) -> Interval:
    """`interval` as far as it lies between `minimum` and `maximum`; where resampling gives nothing but `value`,
    Wilson's for one trial a person instead, as nothing else can be said of what didn't vary.
    """
    if interval.high - interval.low > 1e-12 or maximum <= minimum:
        return Interval(max(minimum, interval.low), min(maximum, interval.high))
    share = min(1.0, max(0.0, (value - minimum) / (maximum - minimum)))
    instead = wilson(share, people)
    return Interval(minimum + (maximum - minimum) * instead.low, minimum + (maximum - minimum) * instead.high)
