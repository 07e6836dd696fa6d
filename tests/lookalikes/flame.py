"""A FLAME-like model over the look-alike head: all of FLAME's arrays at their real sizes, smooth and head-like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from tests.lookalikes.head import EYE_VERTICES, EYES, SIZE, head

Array = npt.NDArray[np.float64]

SHAPE_COUNT, EXPRESSION_COUNT = 300, 100
PARENTS = (-1, 0, 1, 1, 1)
"""Root, neck, jaw, and two eyes, as FLAME has them."""


@dataclass(frozen=True)
class Flame:
    """template (V, 3), faces (F, 3), shape_directions (V, 3, 400), pose_directions (V, 3, 36),
    joint_regressor (5, V), skinning_weights (V, 5)."""

    template: Array
    faces: npt.NDArray[np.int32]
    shape_directions: Array
    pose_directions: Array
    joint_regressor: Array
    skinning_weights: Array


@cache
def flame() -> Flame:
    template = head().vertices
    weights = _skinning_weights(template)
    return Flame(
        template,
        head().faces,
        _directions(template, weights),
        _waves(template, 36, amplitude=2e-4, seed=3),
        _joint_regressor(template),
        weights,
    )


def _skinning_weights(template: Array) -> Array:
    weights = np.zeros((len(template), 5))
    height, depth = template[:, 1] / SIZE, template[:, 2] / SIZE
    neck = _step((-0.09 - height) / 0.03) * _step((0.02 - depth) / 0.03)
    jaw = _step((-0.062 - height) / 0.006) * _step((depth - 0.01) / 0.02)
    weights[:, 0] = neck
    weights[:, 2] = (1 - neck) * jaw
    weights[:, 1] = 1 - weights[:, 0] - weights[:, 2]
    for eye in (0, 1):
        ball = slice(len(template) - EYE_VERTICES * (2 - eye), len(template) - EYE_VERTICES * (1 - eye))
        weights[ball] = np.eye(5)[3 + eye]
    return weights


def _directions(template: Array, weights: Array) -> Array:
    x, y, z = template.T
    directions = _waves(template, SHAPE_COUNT + EXPRESSION_COUNT, amplitude=2.5e-3, seed=1)
    directions *= 0.985 ** np.concatenate([np.arange(SHAPE_COUNT), np.arange(EXPRESSION_COUNT)])
    directions[:, :, 0] = np.stack([0.04 * x, 0.06 * y, 0.04 * z], axis=1)
    directions[:, :, 1] = np.stack([0.06 * x, -0.02 * y, 0 * z], axis=1)
    # An expression moves the mouth's surroundings and leaves the skull alone.
    mouth = np.exp(-(((y / SIZE + 0.062) / 0.035) ** 2) - ((z / SIZE - 0.08) / 0.05) ** 2)
    directions[:, :, SHAPE_COUNT:] *= mouth[:, None, None] * 2
    directions[-2 * EYE_VERTICES :] = 0
    return directions


def _waves(template: Array, count: int, *, amplitude: float, seed: int) -> Array:
    """Smooth fields (V, 3, count): in each a random direction, swung by a slow wave through space."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    wave_vectors = random.normal(scale=14, size=(count, 3))
    phases = random.uniform(0, 2 * np.pi, count)
    return amplitude * np.sin(template @ wave_vectors.T + phases)[:, None, :] * directions.T


def _joint_regressor(template: Array) -> Array:
    """Each joint is the mean of the vertices around its height."""
    joints = np.vstack([[0, -0.12, -0.02], [0, -0.09, -0.01], [0, -0.03, 0.0], EYES]) * SIZE
    rows = np.zeros((5, len(template)))
    for row, joint in zip(rows[:3], joints[:3], strict=True):
        near = np.abs(template[:, 1] - joint[1]) < 0.012
        row[near] = 1 / near.sum()
    rows[3, -2 * EYE_VERTICES : -EYE_VERTICES] = rows[4, -EYE_VERTICES:] = 1 / EYE_VERTICES
    return rows


def _step(values: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(values)
