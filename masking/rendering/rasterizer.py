"""A z-buffer with the pixel rules of OpenDR's OpenGL driver, Mesa's llvmpipe: which face is seen at which pixel.

An integer image coordinate is a pixel's centre. Vertices snap to 1/256 pixel before coverage is decided, pixels on an
edge belong to the face to the right of or below it (top-left rule), both sides of a face are drawn, and of two faces
at the same depth (24 bits) the one drawn first stays.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled
from masking.rendering.window import DEPTH_STEPS, FARTHEST_POINT, HIDDEN, NOTHING_SEEN, SUBPIXELS

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint32]


@compiled("UniTuple(float64, 2)(float64[:,::1], float64[::1], uint32, uint32, uint32)")
def _depth_slopes(points: Floats, depth: Floats, a: int, b: int, c: int) -> tuple[float, float]:
    """How window depth changes to the right and down over a face. From the points as they are, not snapped."""
    x1, y1 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    x2, y2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    z1, z2 = depth[b] - depth[a], depth[c] - depth[a]
    share = 1.0 / (x1 * y2 - y1 * x2)
    return (z1 * y2 - z2 * y1) * share, (z2 * x1 - z1 * x2) * share


@compiled("float64(float64[:,::1], uint32, uint32, uint32)")
def _turn(snapped: Floats, a: int, b: int, c: int) -> float:
    """Which way round a face's corners are: 1, -1, or 0 for a face without an inside."""
    x1, y1 = snapped[b, 0] - snapped[a, 0], snapped[b, 1] - snapped[a, 1]
    x2, y2 = snapped[c, 0] - snapped[a, 0], snapped[c, 1] - snapped[a, 1]
    doubled_area = x1 * y2 - y1 * x2
    return 1.0 if doubled_area > 0.0 else (-1.0 if doubled_area < 0.0 else 0.0)


@compiled("UniTuple(float64, 3)(float64[:,::1], uint32, uint32, float64, int64, int64)")
def _edge(
    snapped: Floats, start: int, end: int, turn: float, first_column: int, first_row: int
) -> tuple[float, float, float]:
    """Edge function at a face's first pixel, and what a column and a row further add to it. Inside it is not negative.

    turn: 1 for faces whose inside lies right of the edge, -1 for others. On an edge it is 0 at a left or top edge,
    negative at others.
    """
    x, y = (snapped[end, 0] - snapped[start, 0]) * turn, (snapped[end, 1] - snapped[start, 1]) * turn
    least_inside = 0.0 if y < 0.0 or (y == 0.0 and x > 0.0) else 1.0
    to_x, to_y = first_column * SUBPIXELS - snapped[start, 0], first_row * SUBPIXELS - snapped[start, 1]
    # A level edge's function is the same in all columns; the tiny step spares a case of its own in _cut.
    return x * to_y - y * to_x - least_inside, -y * SUBPIXELS if y != 0.0 else 1e-300, x * SUBPIXELS


NARROW = 8
"""Columns. In faces no wider all pixels are tested, which takes less time than finding out which needn't be."""


@compiled("UniTuple(int64, 2)(uint32, uint32, uint32)")
def _span(a: int, b: int, c: int) -> tuple[int, int]:
    """The first row or column of a face, and the one past its last, from those of its corners.

    A pixel at the right or lower end lies on a right or lower edge, so that it is never the face's.
    """
    return min(a, b, c), max(a, b, c)


@compiled("UniTuple(float64, 2)(float64, float64, float64, float64)")
def _cut(left: float, right: float, at_zero: float, step: float) -> tuple[float, float]:
    """Narrow left..right to where an edge function, `at_zero` at 0, is not negative."""
    crossing = min(max(-at_zero / step, -FARTHEST_POINT), FARTHEST_POINT)
    return (max(left, crossing), right) if step > 0.0 else (left, min(right, crossing))


@compiled(
    "void(float64[:,::1], float64[:,::1], uint32[:,::1], float64[::1], uint32[:,::1], int64[:,::1], int32[:,::1])"
)
def fill_faces(
    points: Floats,
    snapped: Floats,
    pixels: Indices,
    depth: Floats,
    faces: Indices,
    seen: npt.NDArray[np.int64],
    outline: npt.NDArray[np.int32],
) -> None:
    """Draw the insides of `faces` (F, 3), and hide what of the outline lies behind them.

    points, snapped, pixels (V, 2), depth (V,): from place_in_window.
    seen (H, W): becomes what each pixel shows: see NOTHING_SEEN.
    outline (H, W): window depth of the outline; becomes HIDDEN behind faces.
    """
    seen[:] = NOTHING_SEEN
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        first_column, end_column = _span(pixels[a, 0], pixels[b, 0], pixels[c, 0])
        first_row, end_row = _span(pixels[a, 1], pixels[b, 1], pixels[c, 1])
        turn = _turn(snapped, a, b, c)
        if first_row >= end_row or first_column >= end_column or turn == 0.0:
            continue
        depth_dx, depth_dy = _depth_slopes(points, depth, a, b, c)
        # OpenDR's polygon offset (10, 1), one unit being two of llvmpipe's steps.
        offset = 2.0 + 10.0 * max(abs(depth_dx), abs(depth_dy))
        at_ab, ab_right, ab_down = _edge(snapped, a, b, turn, first_column, first_row)
        at_bc, bc_right, bc_down = _edge(snapped, b, c, turn, first_column, first_row)
        at_ca, ca_right, ca_down = _edge(snapped, c, a, turn, first_column, first_row)
        for row in range(first_row, end_row):
            row_depth = depth[a] + (row - points[a, 1]) * depth_dy - points[a, 0] * depth_dx
            first, end, ab, bc, ca = first_column, end_column, at_ab, at_bc, at_ca
            if end_column - first_column > NARROW:
                left, right = 0.0, end_column - first_column - 1.0
                left, right = _cut(*_cut(*_cut(left, right, ab, ab_right), bc, bc_right), ca, ca_right)
                left, right = math.floor(left), math.ceil(right)
                first, end = first_column + left, first_column + right + 1
                ab, bc, ca = ab + left * ab_right, bc + left * bc_right, ca + left * ca_right
            for column in range(first, end):
                # All bits set where outside: without branches, which the processor would guess wrong.
                outside = np.int64(min(ab, bc, ca, 0.0)) >> 63
                pixel_depth = row_depth + column * depth_dx
                step = np.int64(np.rint(min(max(pixel_depth, 0.0), DEPTH_STEPS * 1.0)))
                key = (step << 32 | face) | (outside & NOTHING_SEEN)
                nearer = key - seen[row, column]
                seen[row, column] += nearer & (nearer >> 63)
                if pixel_depth + offset < outline[row, column] and outside == 0:
                    outline[row, column] = HIDDEN
                ab, bc, ca = ab + ab_right, bc + bc_right, ca + ca_right
            at_ab, at_bc, at_ca = at_ab + ab_down, at_bc + bc_down, at_ca + ca_down
