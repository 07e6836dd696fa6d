"""OpenDR's overdraw: the mesh's silhouette is drawn once more, as lines one pixel wide.

OpenDR finds the pixels of the silhouette's visible edges, and there shows a wire frame of the mesh in place of its
filled faces. Lines follow the rules of OpenGL as Mesa's llvmpipe carries them out.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled
from masking.rendering.window import DEPTH_STEPS, FARTHEST, SUBPIXELS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

HIDDEN = -1
"""Window depth of an outline pixel behind a face: nearer than anything, so that nothing is drawn there any more."""

TILE = 8
"""Pixels. Lines that touch no tile with an outline are not worth looking at."""


@compiled("int64(float64[:,::1], int32[:,::1], int32[:,::1], int32[:,::1], float64[::1], int32[:,::1])")
def silhouette_lines(
    vertices: Floats, faces: Integers, edges: Integers, edge_faces: Integers, facing: Floats, lines: Integers
) -> int:
    """Put the edges between a face turned to the camera and one turned away into `lines` (2E, 2); return their count.

    Every edge is there forth and back, since a line lacks its last pixel. vertices (V, 3) in the camera frame.
    facing (F,) is scratch: a face's normal times the summed rays to its corners.
    """
    for face in range(len(faces)):
        a, b, c = faces[face]
        x1, x2 = vertices[b, 0] - vertices[a, 0], vertices[c, 0] - vertices[a, 0]
        y1, y2 = vertices[b, 1] - vertices[a, 1], vertices[c, 1] - vertices[a, 1]
        z1, z2 = vertices[b, 2] - vertices[a, 2], vertices[c, 2] - vertices[a, 2]
        ray_x = vertices[a, 0] + vertices[b, 0] + vertices[c, 0]
        ray_y = vertices[a, 1] + vertices[b, 1] + vertices[c, 1]
        ray_z = vertices[a, 2] + vertices[b, 2] + vertices[c, 2]
        facing[face] = ray_x * (y1 * z2 - z1 * y2) + ray_y * (z1 * x2 - x1 * z2) + ray_z * (x1 * y2 - y1 * x2)
    count = 0
    for edge in range(len(edges)):
        one, other = facing[edge_faces[edge, 0]], facing[edge_faces[edge, 1]]
        if (one <= 0.0 and other >= 0.0) or (one >= 0.0 and other <= 0.0):
            lines[count, 0] = lines[count + 1, 1] = edges[edge, 0]
            lines[count, 1] = lines[count + 1, 0] = edges[edge, 1]
            count += 2
    return count


@compiled("boolean(float64, float64, float64)")
def _is_beyond_diamond(along: float, across: float, slope: float) -> bool:
    """Whether a line has left its pixel's diamond at a point past the pixel's middle, as the driver works it out.

    along, across: the point from the pixel's centre, -0.5..0.5, in the line's direction and across it.
    slope: how fast the line moves across.
    """
    if abs(along) + abs(across) < 0.5:
        return False
    return (across >= 0.0) == (slope > 0.0) or 0.0 < across + 0.5 + along * slope < 1.0


@compiled("boolean(float64, float64, float64)")
def _enters_diamond(along: float, across: float, slope: float) -> bool:
    """Whether a line that starts before its pixel's middle, or in its diamond, lights that pixel."""
    if abs(along) + abs(across) < 0.5:
        return True
    if along >= 0.0:
        return False
    return (across <= 0.0) == (slope > 0.0) or 0.0 < across + 0.5 + along * slope < 1.0


@compiled("UniTuple(float64, 4)(float64, float64, float64, float64)")
def _snapped_ends(start_x: float, start_y: float, end_x: float, end_y: float) -> tuple[float, float, float, float]:
    """Snap a line that is longer in x, and put its lower x first: x, y, x, y in subpixels, the second x excluded.

    OpenGL's diamond-exit rule decides about the pixels at both ends; for them the driver moves the ends.
    """
    slope = (end_y - start_y) / (end_x - start_x)
    direction = 1.0 if end_x > start_x else -1.0
    along = (start_x - math.floor(start_x + 0.5)) * direction
    across = start_y - math.floor(start_y + 0.5)
    covers_middle = along < 0.0 or (along == 0.0 and direction > 0.0)
    if _enters_diamond(along, across, slope * direction) != covers_middle:
        move = (-0.5 - along) * direction
        start_x, start_y = start_x + move, start_y + move * slope
    along = (end_x - math.floor(end_x + 0.5)) * direction
    across = end_y - math.floor(end_y + 0.5)
    covers_middle = along > 0.0 or (along == 0.0 and direction < 0.0)
    if (along >= 0.0 and _is_beyond_diamond(along, across, slope * direction)) != covers_middle:
        move = (-0.5 - along) * direction
        end_x, end_y = end_x + move, end_y + move * slope
    if direction < 0.0:
        start_x, start_y, end_x, end_y = end_x, end_y, start_x, start_y
    return (
        np.rint(start_x * SUBPIXELS),
        np.rint(start_y * SUBPIXELS),
        np.rint(end_x * SUBPIXELS),
        np.rint(end_y * SUBPIXELS),
    )


@compiled("void(float64[:,::1], float64[::1], int32[:,::1], int32[::1], int32[:,::1], int32[:,::1])")
def draw_lines(
    points: Floats, depth: Floats, lines: Integers, numbers: Integers, nearest: Integers, line_id: Integers
) -> None:
    """Draw those of `lines` (L, 2), pairs of vertices, that `numbers` name: one pixel in each column, or each row.

    points (V, 2) pixels as (u, v); depth (V,) from window_depth.
    nearest, line_id (H, W): window depth so far, and the line it belongs to; both become those of nearer lines.
    """
    for number in numbers:
        start, end = lines[number]
        major = 0 if abs(points[end, 0] - points[start, 0]) >= abs(points[end, 1] - points[start, 1]) else 1
        length = points[end, major] - points[start, major]
        if length == 0.0:
            continue
        left, left_y, right, right_y = _snapped_ends(
            points[start, major], points[start, 1 - major], points[end, major], points[end, 1 - major]
        )
        first = max(0, math.ceil(left / SUBPIXELS))
        last = min(nearest.shape[1 - major], math.ceil(right / SUBPIXELS))
        slope = (right_y - left_y) / (right - left)
        depth_slope = (depth[end] - depth[start]) / length
        for x in range(first, last):
            y = math.ceil((left_y + (x * SUBPIXELS - left) * slope) / SUBPIXELS - 0.5)
            if 0 <= y < nearest.shape[major]:
                row, column = (y, x) if major == 0 else (x, y)
                pixel_depth = depth[start] + (x - points[start, major]) * depth_slope
                step = np.int32(np.rint(min(max(pixel_depth, 0.0), DEPTH_STEPS * 1.0)))
                if step < nearest[row, column]:
                    nearest[row, column] = step
                    line_id[row, column] = number


@compiled("void(int32[:,::1], int32[:,::1], int32[:,::1], boolean[:,::1])")
def make_way(outline: Integers, face_id: Integers, line_id: Integers, tiles: npt.NDArray[np.bool_]) -> None:
    """Open the pixels of the visible outline (H, W) to the wire frame, and close all others.

    face_id (H, W) becomes -1 where the outline is visible, line_id -1 everywhere.
    tiles: whether a tile of TILE x TILE pixels has visible outline in it or next to it.
    """
    height, width = outline.shape
    tiles[:] = False
    for row in range(height):
        for column in range(width):
            line_id[row, column] = -1
            if outline[row, column] == FARTHEST or outline[row, column] == HIDDEN:
                outline[row, column] = HIDDEN
            else:
                outline[row, column] = FARTHEST
                face_id[row, column] = -1
                tiles[
                    max(row - 1, 0) // TILE : (row + 1) // TILE + 1,
                    max(column - 1, 0) // TILE : (column + 1) // TILE + 1,
                ] = True


@compiled("int64(float64[:,::1], int32[:,::1], boolean[:,::1], int32[::1])")
def lines_in_tiles(points: Floats, lines: Integers, tiles: npt.NDArray[np.bool_], numbers: Integers) -> int:
    """Write the numbers of the `lines` (L, 2) that may touch one of the `tiles` into `numbers`; return their count."""
    count = 0
    rows, columns = tiles.shape
    for line in range(len(lines)):
        start, end = lines[line]
        left = max(0, math.floor(min(points[start, 0], points[end, 0])) // TILE)
        right = min(columns - 1, math.floor(max(points[start, 0], points[end, 0])) // TILE)
        top = max(0, math.floor(min(points[start, 1], points[end, 1])) // TILE)
        bottom = min(rows - 1, math.floor(max(points[start, 1], points[end, 1])) // TILE)
        is_near = False
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                is_near |= tiles[row, column]
        if is_near:
            numbers[count] = line
            count += 1
    return count
