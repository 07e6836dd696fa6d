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

TILE = 4
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
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
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


@compiled("float64(float64, float64, float64, boolean)")
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


@compiled("float64(float64, float64, float64, boolean)")
def _end_move(along: float, across: float, slope: float, is_forward: bool) -> float:
    """Do the same for a line's end: 0, or back to its pixel's border, so that the pixel stays dark."""
    in_diamond = abs(along) + abs(across) < 0.5
    has_met_diamond = ((across >= 0.0) == (slope > 0.0)) | (abs(across + along * slope) < 0.5)
    is_lit = (along >= 0.0) & has_met_diamond & (not in_diamond)
    covers_middle = (along > 0.0) | ((along == 0.0) & (not is_forward))
    return 0.0 if is_lit == covers_middle else -0.5 - along


@compiled("UniTuple(float64, 4)(float64, float64, float64, float64)")
def _snapped_ends(start_x: float, start_y: float, end_x: float, end_y: float) -> tuple[float, float, float, float]:
    """Snap a line that is longer in x, and put its lower x first: x, y, x, y in subpixels, the second x excluded."""
    slope = (end_y - start_y) / (end_x - start_x)
    is_forward = end_x > start_x
    direction = 1.0 if is_forward else -1.0
    along = (start_x - math.floor(start_x + 0.5)) * direction
    move = _start_move(along, start_y - math.floor(start_y + 0.5), slope * direction, is_forward) * direction
    first_x, first_y = np.rint((start_x + move) * SUBPIXELS), np.rint((start_y + move * slope) * SUBPIXELS)
    along = (end_x - math.floor(end_x + 0.5)) * direction
    move = _end_move(along, end_y - math.floor(end_y + 0.5), slope * direction, is_forward) * direction
    last_x, last_y = np.rint((end_x + move) * SUBPIXELS), np.rint((end_y + move * slope) * SUBPIXELS)
    if is_forward:
        return first_x, first_y, last_x, last_y
    return last_x, last_y, first_x, first_y


@compiled("void(float64[:,::1], float64[::1], int32[:,::1], int32[::1], int32[:,::1], int32[:,::1])")
def draw_lines(
    points: Floats, depth: Floats, lines: Integers, numbers: Integers, nearest: Integers, line_id: Integers
) -> None:
    """Draw those of `lines` (L, 2), pairs of vertices, that `numbers` name: one pixel in each column, or each row.

    points (V, 2) pixels as (u, v); depth (V,) from window_depth.
    nearest, line_id (H, W): window depth so far, and the line it belongs to; both become those of nearer lines.
    """
    for number in numbers:
        start, end = lines[number, 0], lines[number, 1]
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
                if nearest[row, column] == HIDDEN:
                    continue
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


@compiled("int64(float64[:,::1], int32[:,::1], boolean[:,::1], int32[:,::1], int32[::1])")
def sides_in_tiles(
    points: Floats, faces: Integers, tiles: npt.NDArray[np.bool_], vertex_tiles: Integers, numbers: Integers
) -> int:
    """Put into `numbers` (3F,) the sides of the `faces` (F, 3) that may touch one of the `tiles`; return their count.

    vertex_tiles (V, 2) is scratch: row and column of each vertex's tile.
    """
    rows, columns = tiles.shape
    for vertex in range(len(points)):
        vertex_tiles[vertex, 0] = min(max(math.floor(points[vertex, 1] / TILE), -1), rows)
        vertex_tiles[vertex, 1] = min(max(math.floor(points[vertex, 0] / TILE), -1), columns)
    count = 0
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        top, left = vertex_tiles[a, 0], vertex_tiles[a, 1]
        bottom, right = top, left
        for corner in (b, c):
            top, bottom = min(top, vertex_tiles[corner, 0]), max(bottom, vertex_tiles[corner, 0])
            left, right = min(left, vertex_tiles[corner, 1]), max(right, vertex_tiles[corner, 1])
        is_near = False
        for row in range(max(top, 0), min(bottom, rows - 1) + 1):
            for column in range(max(left, 0), min(right, columns - 1) + 1):
                is_near |= tiles[row, column]
        if is_near:
            for side in range(3):
                numbers[count + side] = 3 * face + side
            count += 3
    return count
