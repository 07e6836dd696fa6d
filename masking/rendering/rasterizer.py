"""A z-buffer with the pixel rules of OpenDR's OpenGL driver, Mesa's llvmpipe: which face is seen at which pixel.

An integer image coordinate is a pixel's centre. Vertices snap to 1/256 pixel before coverage is decided, pixels on an
edge belong to the face to the right of or below it (top-left rule), the front and the back of a face are drawn, and of
two faces at the same depth (24 bits) the one drawn first stays.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled, compiled_with_callers, inlined
from masking.rendering.outline_cells import farthest_outline
from masking.rendering.window import DEPTH_STEPS, FARTHEST_POINT, HIDDEN, NOTHING_SEEN, SUBPIXELS

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.uint32]

BATCH = 64
"""Faces whose figures are worked out together, in a loop that the compiler turns into vector instructions."""

FIGURES = 26
A_U, A_V, A_DEPTH, B_U, B_V, B_DEPTH, C_U, C_V, C_DEPTH = (BATCH * row for row in range(9))
LEFT, RIGHT, TOP, BOTTOM, DEPTH_RIGHT, DEPTH_DOWN, OFFSET, NEAREST = (BATCH * row for row in range(9, 17))
AB, AB_RIGHT, AB_DOWN, BC, BC_RIGHT, BC_DOWN, CA, CA_RIGHT, CA_DOWN = (BATCH * row for row in range(17, 26))
"""Where `figures`, (FIGURES * BATCH,) float64, holds what of a batch's faces: one array, because the compiler must know
that what is written is not what is read."""

LANES, NARROW = 4, 8
"""Columns. In faces no wider as many pixels are tested in every row, which takes less time than finding out which."""


def face_figures() -> Floats:
    """Return room for the figures of one batch of faces."""
    return np.empty(FIGURES * BATCH)


@compiled_with_callers
def _edge(
    start_x: float, start_y: float, end_x: float, end_y: float, turn: float, left: float, top: float
) -> tuple[float, float, float]:
    """Edge function at the pixel (left, top), and what a column and a row further add to it. Inside it is not negative.

    Ends in subpixels. turn: 1 for faces whose inside lies right of the edge, -1 for others.
    On an edge it is 0 at a left or top edge, negative at others.
    """
    x, y = (end_x - start_x) * turn, (end_y - start_y) * turn
    min_inside = 0.0 if (y < 0.0) | ((y == 0.0) & (x > 0.0)) else 1.0
    to_x, to_y = left * SUBPIXELS - start_x, top * SUBPIXELS - start_y
    # A level edge's function is the same in all columns; the tiny step spares a case of its own in _cut.
    return x * to_y - y * to_x - min_inside, -y * SUBPIXELS if y != 0.0 else 1e-300, x * SUBPIXELS


@compiled_with_callers
def _span(a: float, b: float, c: float, size: float) -> tuple[float, float]:
    """The first row or column of a face, and the one past its last, from where its corners are, in subpixels.

    A pixel at the right or lower end lies on a right or lower edge, so that it is never the face's.
    """
    first, end = np.ceil(min(a, b, c) / SUBPIXELS), np.ceil(max(a, b, c) / SUBPIXELS)
    return min(max(first, 0.0), size), min(max(end, 0.0), size)


@compiled_with_callers
def _work_out_depth(figures: Floats, count: int) -> None:
    """Work out how the depth of each of `count` faces changes: it follows the corners as they are, not snapped."""
    for k in range(count):
        a_depth, b_depth, c_depth = figures[A_DEPTH + k], figures[B_DEPTH + k], figures[C_DEPTH + k]
        x1, y1 = figures[B_U + k] - figures[A_U + k], figures[B_V + k] - figures[A_V + k]
        x2, y2 = figures[C_U + k] - figures[A_U + k], figures[C_V + k] - figures[A_V + k]
        z1, z2 = b_depth - a_depth, c_depth - a_depth
        share = 1.0 / (x1 * y2 - y1 * x2)
        right, down = (z1 * y2 - z2 * y1) * share, (z2 * x1 - z1 * x2) * share
        figures[DEPTH_RIGHT + k], figures[DEPTH_DOWN + k] = right, down
        figures[NEAREST + k] = min(a_depth, b_depth, c_depth)
        # OpenDR's polygon offset (10, 1), one unit being two of llvmpipe's steps.
        figures[OFFSET + k] = 2.0 + 10.0 * max(abs(right), abs(down))


@compiled_with_callers
def _work_out_cover(figures: Floats, count: int, height: float, width: float) -> None:
    """Work out where each of `count` faces lies, and its edge functions."""
    for k in range(count):
        a_x, a_y = np.rint(figures[A_U + k] * SUBPIXELS), np.rint(figures[A_V + k] * SUBPIXELS)
        b_x, b_y = np.rint(figures[B_U + k] * SUBPIXELS), np.rint(figures[B_V + k] * SUBPIXELS)
        c_x, c_y = np.rint(figures[C_U + k] * SUBPIXELS), np.rint(figures[C_V + k] * SUBPIXELS)
        left, right = _span(a_x, b_x, c_x, width)
        top, bottom = _span(a_y, b_y, c_y, height)
        doubled_area = (b_x - a_x) * (c_y - a_y) - (b_y - a_y) * (c_x - a_x)
        turn = 1.0 if doubled_area > 0.0 else -1.0
        figures[LEFT + k], figures[RIGHT + k], figures[TOP + k] = left, right, top
        figures[BOTTOM + k] = top if (doubled_area == 0.0) | (left >= right) else bottom
        figures[AB + k], figures[AB_RIGHT + k], figures[AB_DOWN + k] = _edge(a_x, a_y, b_x, b_y, turn, left, top)
        figures[BC + k], figures[BC_RIGHT + k], figures[BC_DOWN + k] = _edge(b_x, b_y, c_x, c_y, turn, left, top)
        figures[CA + k], figures[CA_RIGHT + k], figures[CA_DOWN + k] = _edge(c_x, c_y, a_x, a_y, turn, left, top)


@inlined
def _collect(points: Floats, depth: Floats, faces: Indices, start: int, count: int, figures: Floats) -> None:
    """Put the corners of `count` faces, from face `start` on, into `figures`."""
    for k in range(count):
        a, b, c = faces[start + k, 0], faces[start + k, 1], faces[start + k, 2]
        figures[A_U + k], figures[A_V + k], figures[A_DEPTH + k] = points[a, 0], points[a, 1], depth[a]
        figures[B_U + k], figures[B_V + k], figures[B_DEPTH + k] = points[b, 0], points[b, 1], depth[b]
        figures[C_U + k], figures[C_V + k], figures[C_DEPTH + k] = points[c, 0], points[c, 1], depth[c]


@compiled_with_callers
def _cut(left: float, right: float, at_zero: float, step: float) -> tuple[float, float]:
    """Narrow left..right to where an edge function, `at_zero` at 0, is not negative."""
    crossing = min(max(-at_zero / step, -FARTHEST_POINT), FARTHEST_POINT)
    return (max(left, crossing), right) if step > 0.0 else (left, min(right, crossing))


@inlined
def _fill(
    figures: Floats, k: int, face: int, is_near_outline: bool, seen: npt.NDArray[np.int64], outline: Floats
) -> None:
    """Draw the inside of `face`, number k of its batch."""
    left, width, bottom = figures[LEFT + k], figures[RIGHT + k] - figures[LEFT + k], np.uint64(figures[BOTTOM + k])
    a_u, a_v, a_depth = figures[A_U + k], figures[A_V + k], figures[A_DEPTH + k]
    depth_right, depth_down, offset = figures[DEPTH_RIGHT + k], figures[DEPTH_DOWN + k], figures[OFFSET + k]
    ab, ab_right, ab_down = figures[AB + k], figures[AB_RIGHT + k], figures[AB_DOWN + k]
    bc, bc_right, bc_down = figures[BC + k], figures[BC_RIGHT + k], figures[BC_DOWN + k]
    ca, ca_right, ca_down = figures[CA + k], figures[CA_RIGHT + k], figures[CA_DOWN + k]
    is_narrow = (width <= NARROW) & (left + NARROW <= seen.shape[1])
    for row in range(np.uint64(figures[TOP + k]), bottom):
        start, end = 0.0, (LANES if width <= LANES else NARROW) - 1.0
        if not is_narrow:
            start, end = _cut(*_cut(*_cut(0.0, width - 1.0, ab, ab_right), bc, bc_right), ca, ca_right)
            start, end = np.floor(start), np.ceil(end)
        first, count = np.uint64(left + start), np.int64(end - start) + 1
        row_depth = a_depth + (np.float64(row) - a_v) * depth_down - a_u * depth_right
        for column in range(count):
            x, pixel = start + column, first + np.uint64(column)
            smallest = min(ab + x * ab_right, bc + x * bc_right, ca + x * ca_right)
            step = np.int64(np.rint(min(max(row_depth + (left + x) * depth_right, 0.0), DEPTH_STEPS * 1.0)))
            key = NOTHING_SEEN if smallest < 0.0 else step << 32 | face
            seen[row, pixel] = min(seen[row, pixel], key)
        if is_near_outline:
            for column in range(count):
                x, pixel = start + column, first + np.uint64(column)
                smallest = min(ab + x * ab_right, bc + x * bc_right, ca + x * ca_right)
                is_hidden = (smallest >= 0.0) & (row_depth + (left + x) * depth_right + offset < outline[row, pixel])
                outline[row, pixel] = HIDDEN if is_hidden else outline[row, pixel]
        ab, bc, ca = ab + ab_down, bc + bc_down, ca + ca_down


@compiled(
    "void(float64[:,::1], float64[::1], uint32[:,::1], float64[:,::1], int64, float64[::1], int64[:,::1], "
    "float64[:,::1])"
)
def fill_faces(
    points: Floats,
    depth: Floats,
    faces: Indices,
    cells: Floats,
    shift: int,
    figures: Floats,
    seen: npt.NDArray[np.int64],
    outline: Floats,
) -> None:
    """Draw the insides of `faces` (F, 3), and hide what of the outline lies behind them.

    points (V, 2), depth (V,): from to_window. cells, shift: where the outline is, from mark_cells.
    figures: from face_figures. seen (H, W): becomes what each pixel shows: see NOTHING_SEEN.
    outline (H, W): window depth of the outline; becomes HIDDEN behind faces.
    """
    height, width = seen.shape
    seen[:] = NOTHING_SEEN
    for start in range(0, len(faces), BATCH):
        count = min(BATCH, len(faces) - start)
        _collect(points, depth, faces, start, count, figures)
        _work_out_depth(figures, count)
        _work_out_cover(figures, count, height, width)
        for k in range(count):
            left, right, top, bottom = figures[LEFT + k], figures[RIGHT + k], figures[TOP + k], figures[BOTTOM + k]
            farthest = farthest_outline(cells, shift, left, right, top, bottom)
            is_near_outline = figures[NEAREST + k] < farthest
            _fill(figures, k, start + k, is_near_outline, seen, outline)
