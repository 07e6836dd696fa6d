"""Where FLAME's landmarks lie on the look-alike head: 51 on its front, and a contour for each degree of yaw."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from masking.reconstruction.flame.landmarks import CONTOUR_COUNT, CONTOUR_ROWS, MAX_DEGREES
from tests.lookalikes.head import EYE_VERTICES, EYES, SIZE, head

Array = npt.NDArray[np.float64]
_ENDS = {"ear": 0.02, "chin": -0.108}
"""Height of the contour's upper ends and of its middle, metres before the head was made larger."""


def static_embedding() -> dict[str, Any]:
    """Triangles (51,) and weights (51, 3) of iBUG's landmarks 17 to 67."""
    found = [_on_the_front(x, y) for x, y in _inner_points()]
    return {
        "lmk_face_idx": np.array([triangle for triangle, _ in found], np.uint32),
        "lmk_b_coords": np.array([weights for _, weights in found]),
    }


def dynamic_embedding() -> dict[str, Any]:
    """Triangles (79, 17) and weights (79, 17, 3) of iBUG's landmarks 0 to 16, by row as FLAME's file has them."""
    points = range(CONTOUR_COUNT)
    corners = np.array([[_contour_vertex(_degrees(row), point) for point in points] for row in range(CONTOUR_ROWS)])
    faces = head().faces
    triangles, weights = np.empty(corners.shape, np.int64), np.zeros((*corners.shape, 3))
    for place, vertex in np.ndenumerate(corners):
        triangle, corner = np.argwhere(faces == vertex)[0]
        triangles[place] = triangle
        weights[(*place, corner)] = 1
    return {"lmk_face_idx": triangles, "lmk_b_coords": weights}


def _degrees(row: int) -> int:
    return row if row <= MAX_DEGREES else MAX_DEGREES - row


def _inner_points() -> list[tuple[float, float]]:
    """x to the subject's left and y up, metres before the head was made larger; the right side comes first."""
    right_brow = [(-0.052 + 0.01 * step, 0.036) for step in range(5)]
    left_brow = [(-x, y) for x, y in reversed(right_brow)]
    bridge = [(0.0, 0.015 - 0.012 * step) for step in range(4)]
    base = [(-0.012 + 0.006 * step, -0.036) for step in range(5)]
    (left_x, eye_y), (right_x, _) = EYES[0][:2], EYES[1][:2]
    eye = [(-0.014, 0.0), (-0.006, 0.006), (0.006, 0.006), (0.014, 0.0), (0.006, -0.006), (-0.006, -0.006)]
    right_eye = [(right_x + x, eye_y + y) for x, y in eye]
    left_eye = [(left_x + x, eye_y + y) for x, y in eye]
    outer = [(-0.022 * np.cos(turn), -0.064 + 0.009 * np.sin(turn)) for turn in np.arange(12) * np.pi / 6]
    inner = [(-0.015 * np.cos(turn), -0.064 + 0.003 * np.sin(turn)) for turn in np.arange(8) * np.pi / 4]
    return [*right_brow, *left_brow, *bridge, *base, *right_eye, *left_eye, *outer, *inner]


def _on_the_front(x: float, y: float) -> tuple[int, Array]:
    """The foremost triangle at x, y, and the point's weights in it."""
    corners = head().vertices[head().faces] / SIZE
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    offset = np.array([x, y]) - corners[:, 0, :2]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        along_first = (offset[:, 0] * second[:, 1] - offset[:, 1] * second[:, 0]) / area
        along_second = (first[:, 0] * offset[:, 1] - first[:, 1] * offset[:, 0]) / area
    weights = np.stack([1 - along_first - along_second, along_first, along_second], axis=1)
    depth = np.where((weights >= 0).all(axis=1), (weights * corners[:, :, 2]).sum(axis=1), -np.inf)
    foremost = int(depth.argmax())
    return foremost, weights[foremost]


def _contour_vertex(degrees: int, index: int) -> int:
    """The skin's vertex that stands out farthest at the height of the contour's point, the head turned to its right."""
    skin = head().vertices[: -2 * EYE_VERTICES] / SIZE
    turn = np.radians(-degrees)
    sideways = np.cos(turn) * skin[:, 0] + np.sin(turn) * skin[:, 2]
    middle = CONTOUR_COUNT // 2
    height = _ENDS["chin"] + (_ENDS["ear"] - _ENDS["chin"]) * abs(index - middle) / middle
    near = np.abs(skin[:, 1] - height) < 0.008
    if index == middle:
        return int(np.where(near, skin[:, 2], -np.inf).argmax())
    outward = sideways if index > middle else -sideways
    return int(np.where(near & (skin[:, 2] > -0.02), outward, -np.inf).argmax())
