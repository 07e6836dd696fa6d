"""Which of a detector's boxes are of one place, and what they say of it together: it gives a face many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@compiled("float64(float64[::1], float64[::1])")
def overlap(box: Floats, other: Floats) -> float:
    """Intersection over union, 0..1, of two boxes (4,): left, top, right, bottom. 0 where one has no area."""
    width = max(min(box[2], other[2]) - max(box[0], other[0]), 0.0)
    height = max(min(box[3], other[3]) - max(box[1], other[1]), 0.0)
    area = max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
    other_area = max(other[2] - other[0], 0.0) * max(other[3] - other[1], 0.0)
    return float(width * height / max(area + other_area - width * height, 1e-9))


@compiled("int64[::1](float64[:,::1], float64)")
def occupied_locations(boxes: Floats, most: float) -> Integers:
    """For each of `boxes` (N, 4), best first, the number (N,) of the first of its place: its own, unless it overlaps an
    earlier first one by more than `most`.
    """
    places = np.empty(len(boxes), np.int64)
    for number in range(len(boxes)):
        places[number] = number
        for other in range(number):
            if places[other] == other and overlap(boxes[other], boxes[number]) > most:
                places[number] = other
                break
    return places


@compiled("float64[:,::1](float64[:,::1], float64[::1], int64[::1], int64[::1])")
def weighted_means(values: Floats, weights: Floats, places: Integers, turns: Integers) -> Floats:
    """`values` (N, K), but in the row of each first one of its place the mean, with their `weights` (N,), of all that
    have its place and turn; `places` and `turns` (N,).
    """
    means = values.copy()
    for first in range(len(values)):
        if places[first] != first:
            continue
        total = 0.0
        means[first] = 0.0
        for number in range(first, len(values)):
            if places[number] == first and turns[number] == turns[first]:
                total += weights[number]
                means[first] += weights[number] * values[number]
        means[first] /= total
    return means
