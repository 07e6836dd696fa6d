"""Which faces and half-edges lie near the outline: a coarse grid over the picture spares others a closer look."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled, compiled_with_callers, inlined
from masking.rendering.window import HIDDEN

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.uint32]

SPREAD = 3
"""Cells. An outline counts in all cells up to this far from its own, so that one look covers a small box's whole
neighbourhood."""


@compiled_with_callers
def reach(shift: int) -> int:
    """Pixels. A box no wider and no higher has all pixels in or next to it within SPREAD cells of its middle."""
    return (2 * SPREAD << shift) - 4


def cell_counts(height: int, width: int, shift: int) -> tuple[int, int]:
    """Rows and columns of cells, 2 ** shift pixels wide and high, over a picture and one pixel past it."""
    return (height >> shift) + 1, (width >> shift) + 1


@compiled("int64(float64[:,::1], uint32[:,::1])")
def cell_shift(points: Floats, edges: Indices) -> int:
    """How wide a cell should be, 2 ** shift pixels, for one look to be enough for most of `edges` (E, 2)."""
    extent, count = 0.0, 0
    for edge in range(0, len(edges), 16):
        a, b = edges[edge, 0], edges[edge, 1]
        extent += max(abs(points[a, 0] - points[b, 0]), abs(points[a, 1] - points[b, 1]))
        count += 1
    shift = 0
    while shift < 8 and reach(shift) * count < 1.25 * extent:
        shift += 1
    return shift


@compiled("void(int32[::1], float64[::1], int64, int64, float64[:,::1])")
def mark_cells(touched: Integers, depth: Floats, width: int, shift: int, cells: Floats) -> None:
    """Write into `cells` how deep the farthest outline nearby is, where it is farther than what is there.

    touched (N,): the outline's pixels, row * width + column; depth (N,): its window depth there.
    """
    rows, columns = cells.shape
    for number in range(len(touched)):
        row, column = (touched[number] // width) >> shift, (touched[number] % width) >> shift
        for near_row in range(max(row - SPREAD, 0), min(row + SPREAD + 1, rows)):
            for near_column in range(max(column - SPREAD, 0), min(column + SPREAD + 1, columns)):
                cells[near_row, near_column] = max(cells[near_row, near_column], depth[number])


@inlined
def farthest_outline(cells: Floats, shift: int, left: Any, right: Any, top: Any, bottom: Any) -> Any:
    """Return at least the window depth of the farthest outline in or next to a box of pixels; HIDDEN: there is none."""
    one, step = np.uint32(1), np.uint32(shift)
    left, right, top, bottom = np.uint32(left), np.uint32(right), np.uint32(top), np.uint32(bottom)
    if max(right - left, bottom - top) <= reach(shift):
        return cells[(top + bottom) >> (step + one), (left + right) >> (step + one)]
    farthest = float(HIDDEN)
    for row in range(top >> step, (bottom >> step) + one):
        for column in range(left >> step, (right >> step) + one):
            farthest = max(farthest, cells[row, column])
    return farthest


@compiled(
    "int64(float64[:,::1], float64[::1], uint32[:,::1], uint32[:,::1], int32[::1], uint32[:,::1], int32[::1], "
    "float64[:,::1], int64, uint32[:,::1], int32[::1])"
)
def half_edges_near(
    points: Floats,
    depth: Floats,
    pixels: Indices,
    edges: Indices,
    first_half_edge: Integers,
    half_edges: Indices,
    numbers: Integers,
    cells: Floats,
    shift: int,
    near_half_edges: Indices,
    near_numbers: Integers,
) -> int:
    """Put those `half_edges` (S, 2) that may be seen in a pixel of the outline, and their `numbers` (S,), into
    `near_half_edges` and `near_numbers`; return their count. Half-edges behind the outline are not seen, since it
    consists of half-edges itself.

    A half-edge touches pixels from one before to one past those of its ends. Within a pixel of its ends it changes its
    depth by no more than between them, unless it is shorter than half a pixel. points, pixels (V, 2), depth (V,): from
    to_window. edges, first_half_edge, half_edges, numbers: see Wireframe.
    """
    count = 0
    for edge in range(len(edges)):
        a, b = edges[edge, 0], edges[edge, 1]
        left, right = min(pixels[a, 0], pixels[b, 0]), max(pixels[a, 0], pixels[b, 0])
        top, bottom = min(pixels[a, 1], pixels[b, 1]), max(pixels[a, 1], pixels[b, 1])
        farthest = farthest_outline(cells, shift, left, right, top, bottom)
        length = max(abs(points[a, 0] - points[b, 0]), abs(points[a, 1] - points[b, 1]))
        nearest = np.rint(min(depth[a], depth[b]) - abs(depth[a] - depth[b]))
        if (farthest != HIDDEN) & ((nearest <= farthest) | (length < 0.5)):
            for position in range(first_half_edge[edge], first_half_edge[edge + 1]):
                near_half_edges[count, 0], near_half_edges[count, 1] = half_edges[position, 0], half_edges[position, 1]
                near_numbers[count] = numbers[position]
                count += 1
    return count
