"""A detector finds each face many times: which of its boxes belong together, and what they say together."""

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
def cluster_boxes(boxes: Floats, max_overlap: float) -> Integers:
    """For each of `boxes` (N, 4), best first, the number (N,) of the first of its cluster: its own, unless it
    overlaps an earlier first one by more than `max_overlap`.
    """
    clusters = np.empty(len(boxes), np.int64)
    for number in range(len(boxes)):
        clusters[number] = number
        for other in range(number):
            if clusters[other] == other and overlap(boxes[other], boxes[number]) > max_overlap:
                clusters[number] = other
                break
    return clusters


@compiled("float64[:,::1](float64[:,::1], float64[::1], int64[::1], int64[::1])")
def weighted_means(values: Floats, weights: Floats, clusters: Integers, turns: Integers) -> Floats:
    """`values` (N, K), but in the row of each cluster's first the mean, with their `weights` (N,), of all that
    share its cluster and turn; `clusters` and `turns` (N,).
    """
    means = values.copy()
    for first in range(len(values)):
        if clusters[first] != first:
            continue
        total = 0.0
        means[first] = 0.0
        for number in range(first, len(values)):
            if clusters[number] == first and turns[number] == turns[first]:
                total += weights[number]
                means[first] += weights[number] * values[number]
        means[first] /= total
    return means
