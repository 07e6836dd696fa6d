"""OpenDR's overdraw: the mesh's silhouette is drawn once more, as lines one pixel wide.

OpenDR finds the pixels of the silhouette's visible edges, and there shows a wire frame of the mesh in place of its
filled faces. Lines follow the rules of OpenGL as Mesa's llvmpipe carries them out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled, compiled_with_callers, inlined
from masking.rendering.window import DEPTH_STEPS, HIDDEN, NOTHING_SEEN, SUBPIXELS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.uint32]

BATCH = 64
"""Lines whose figures are worked out together, in a loop that the compiler turns into vector instructions."""

FIGURES = 13
START_X, START_Y, START_DEPTH, END_X, END_Y, END_DEPTH, IS_STEEP = (BATCH * row for row in range(7))
FIRST, LAST, LEFT, LEFT_Y, SLOPE, DEPTH_SLOPE = (BATCH * row for row in range(7, FIGURES))
"""Where `figures`, (FIGURES * BATCH,) float64, holds what of a batch's lines: one array, because the compiler must know
that what is written is not what is read. In steep lines x and y have changed places."""


def line_figures() -> Floats:
    """Return room for the figures of one batch of lines."""
    return np.empty(FIGURES * BATCH)


@compiled("int64(float64[::1], uint32[:,::1], uint32[:,::1], uint32[:,::1])")
def silhouette_lines(facing: Floats, edges: Indices, edge_faces: Indices, lines: Indices) -> int:
    """Put the edges between a face turned to the camera and one turned away into `lines` (2E, 2); return their count.

    Every edge is there forth and back, since a line lacks its last pixel. facing (F,): from average_normals.
    """
    count = 0
    for edge in range(len(edges)):
        one, other = facing[edge_faces[edge, 0]], facing[edge_faces[edge, 1]]
        if ((one <= 0.0) & (other >= 0.0)) | ((one >= 0.0) & (other <= 0.0)):
            lines[count, 0] = lines[count + 1, 1] = edges[edge, 0]
            lines[count, 1] = lines[count + 1, 0] = edges[edge, 1]
            count += 2
    return count


@compiled_with_callers
def _start_move(along: float, across: float, slope: float, is_forward: bool) -> float:
    """How far, in pixels, the driver moves a line's start for the diamond-exit rule: 0, or back to its pixel's border.

    along, across: the start from its pixel's centre, -0.5..0.5, in the line's direction and across it.
    slope: how fast the line moves across. is_forward: whether it runs right or down, not left or up.
    """
    in_diamond = abs(along) + abs(across) < 0.5
    meets_diamond = ((across <= 0.0) == (slope > 0.0)) | (abs(across + along * slope) < 0.5)
    is_lit = in_diamond | ((along < 0.0) & meets_diamond)
    covers_middle = (along < 0.0) | ((along == 0.0) & is_forward)
    return 0.0 if is_lit == covers_middle else -0.5 - along


@compiled_with_callers
def _end_move(along: float, across: float, slope: float, is_forward: bool) -> float:
    """Do the same for a line's end: 0, or back to its pixel's border, so that the pixel stays dark."""
    in_diamond = abs(along) + abs(across) < 0.5
    has_met_diamond = ((across >= 0.0) == (slope > 0.0)) | (abs(across + along * slope) < 0.5)
    is_lit = (along >= 0.0) & has_met_diamond & (not in_diamond)
    covers_middle = (along > 0.0) | ((along == 0.0) & (not is_forward))
    return 0.0 if is_lit == covers_middle else -0.5 - along


@compiled_with_callers
def _work_out(figures: Floats, count: int) -> None:
    """Work out which columns each of `count` lines runs through: its first, the one past its last, and LEFT, LEFT_Y,
    SLOPE, in subpixels, for the pixel that it lights in each. The lower end comes first, whatever way the line runs.
    """
    for k in range(count):
        start_x, start_y = figures[START_X + k], figures[START_Y + k]
        end_x, end_y = figures[END_X + k], figures[END_Y + k]
        slope = (end_y - start_y) / (end_x - start_x)
        is_forward = end_x > start_x
        direction = 1.0 if is_forward else -1.0
        along, across = (start_x - np.floor(start_x + 0.5)) * direction, start_y - np.floor(start_y + 0.5)
        move = _start_move(along, across, slope * direction, is_forward) * direction
        first_x, first_y = np.rint((start_x + move) * SUBPIXELS), np.rint((start_y + move * slope) * SUBPIXELS)
        along, across = (end_x - np.floor(end_x + 0.5)) * direction, end_y - np.floor(end_y + 0.5)
        move = _end_move(along, across, slope * direction, is_forward) * direction
        last_x, last_y = np.rint((end_x + move) * SUBPIXELS), np.rint((end_y + move * slope) * SUBPIXELS)
        left, left_y = first_x if is_forward else last_x, first_y if is_forward else last_y
        right, right_y = last_x if is_forward else first_x, last_y if is_forward else first_y
        figures[FIRST + k], figures[LAST + k] = np.ceil(left / SUBPIXELS), np.ceil(right / SUBPIXELS)
        figures[LEFT + k], figures[LEFT_Y + k] = left, left_y
        figures[SLOPE + k] = (right_y - left_y) / (right - left)
        figures[DEPTH_SLOPE + k] = (figures[END_DEPTH + k] - figures[START_DEPTH + k]) / (end_x - start_x)


@inlined
def _set_up(
    points: Floats, depth: Floats, lines: Indices, first: int, count: int, height: int, width: int, figures: Floats
) -> None:
    """Put `count` lines, from line `first` on, into `figures`."""
    for k in range(count):
        start, end = lines[first + k, 0], lines[first + k, 1]
        start_u, start_v, end_u, end_v = points[start, 0], points[start, 1], points[end, 0], points[end, 1]
        is_steep = abs(end_v - start_v) > abs(end_u - start_u)
        figures[IS_STEEP + k] = 1.0 if is_steep else 0.0
        figures[START_X + k], figures[START_Y + k] = start_v if is_steep else start_u, start_u if is_steep else start_v
        figures[END_X + k], figures[END_Y + k] = end_v if is_steep else end_u, end_u if is_steep else end_v
        figures[START_DEPTH + k], figures[END_DEPTH + k] = depth[start], depth[end]
    _work_out(figures, count)
    for k in range(count):
        size = float(height) if figures[IS_STEEP + k] > 0.0 else float(width)
        has_length = figures[START_X + k] != figures[END_X + k]
        figures[FIRST + k] = max(figures[FIRST + k], 0.0) if has_length else size
        figures[LAST + k] = min(figures[LAST + k], size)


@inlined
def _pixel(figures: Floats, k: int, x: float) -> tuple[float, float, float]:
    """Row, column and window depth of the pixel that line k of the batch lights in column x."""
    y = np.ceil((figures[LEFT_Y + k] + (x * SUBPIXELS - figures[LEFT + k]) * figures[SLOPE + k]) / SUBPIXELS - 0.5)
    pixel_depth = figures[START_DEPTH + k] + (x - figures[START_X + k]) * figures[DEPTH_SLOPE + k]
    step = np.rint(min(max(pixel_depth, 0.0), DEPTH_STEPS * 1.0))
    return (x, y, step) if figures[IS_STEEP + k] > 0.0 else (y, x, step)


@compiled("int64(float64[:,::1], float64[::1], uint32[:,::1], float64[::1], float64[:,::1], int32[::1])")
def draw_outline(
    points: Floats, depth: Floats, lines: Indices, figures: Floats, outline: Floats, touched: Integers
) -> int:
    """Draw `lines` (L, 2), pairs of vertices: one pixel in each column, or in each row; return how many they touch.

    points (V, 2), depth (V,): from to_window. figures: from line_figures.
    outline (H, W): HIDDEN, becomes window depth of the nearest line.
    touched (H * W,): becomes the pixels, row * W + column, that lines touch.
    """
    height, width = outline.shape
    touched_count = 0
    for first in range(0, len(lines), BATCH):
        count = min(BATCH, len(lines) - first)
        _set_up(points, depth, lines, first, count, height, width, figures)
        for k in range(count):
            for x in range(np.int64(figures[FIRST + k]), np.int64(figures[LAST + k])):
                at_row, at_column, step = _pixel(figures, k, float(x))
                if (at_row >= 0.0) & (at_row < height) & (at_column >= 0.0) & (at_column < width):
                    row, column = np.uint32(at_row), np.uint32(at_column)
                    if outline[row, column] == HIDDEN:
                        touched[touched_count] = row * width + column
                        touched_count += 1
                        outline[row, column] = step
                    outline[row, column] = min(outline[row, column], step)
    return touched_count


@compiled("void(float64[:,::1], float64[::1], uint32[:,::1], int32[::1], float64[::1], float64[:,::1], int64[:,::1])")
def draw_half_edges(
    points: Floats,
    depth: Floats,
    lines: Indices,
    numbers: Integers,
    figures: Floats,
    outline: Floats,
    seen: npt.NDArray[np.int64],
) -> None:
    """Draw `lines` (L, 2), pairs of vertices, with their `numbers` (L,) where the outline is not HIDDEN.

    points (V, 2), depth (V,): from to_window. figures: from line_figures.
    seen (H, W): becomes what the pixel shows: see NOTHING_SEEN.
    """
    height, width = outline.shape
    for first in range(0, len(lines), BATCH):
        count = min(BATCH, len(lines) - first)
        _set_up(points, depth, lines, first, count, height, width, figures)
        for k in range(count):
            for x in range(np.int64(figures[FIRST + k]), np.int64(figures[LAST + k])):
                at_row, at_column, step = _pixel(figures, k, float(x))
                if (at_row >= 0.0) & (at_row < height) & (at_column >= 0.0) & (at_column < width):
                    row, column = np.uint32(at_row), np.uint32(at_column)
                    # No branch, which the processor would guess wrong.
                    key = NOTHING_SEEN if outline[row, column] == HIDDEN else np.int64(step) << 32 | numbers[first + k]
                    seen[row, column] = min(seen[row, column], key)


@compiled("int64(int32[::1], float64[::1], int64[::1])")
def make_way(touched: Integers, outline: Floats, seen: npt.NDArray[np.int64]) -> int:
    """Open the pixels of the visible outline to the wire frame; return how many of `touched` these are, now in front.

    outline, seen (H * W,): seen becomes NOTHING_SEEN where the outline is visible.
    """
    count = 0
    for pixel in touched:
        if outline[pixel] != HIDDEN:
            seen[pixel] = NOTHING_SEEN
            touched[count] = pixel
            count += 1
    return count
