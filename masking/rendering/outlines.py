"""OpenDR's overdraw: the mesh's silhouette is drawn once more, as lines one pixel wide.

OpenDR finds the pixels of the silhouette's visible edges, and there shows a wire frame of the mesh in place of its
filled faces. Lines follow the rules of OpenGL as Mesa's llvmpipe carries them out.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled
from masking.rendering.window import DEPTH_STEPS, HIDDEN, NOTHING_SEEN, SUBPIXELS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.uint32]

TILE = 4
"""Pixels. Lines that touch no tile with an outline are not worth looking at."""


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
    return (
        first_x if is_forward else last_x,
        first_y if is_forward else last_y,
        last_x if is_forward else first_x,
        last_y if is_forward else first_y,
    )


@compiled("Tuple((boolean, int64, int64, float64, float64, float64))(float64[:,::1], uint32, uint32, int64, int64)")
def _run(points: Floats, start: int, end: int, height: int, width: int) -> tuple[bool, int, int, float, float, float]:
    """Where a line runs: whether it is steep, so that x and y change places; its first x and the one past its last, in
    the picture; and left, left_y, slope, in subpixels, for _y_at.
    """
    x, y = points[end, 0] - points[start, 0], points[end, 1] - points[start, 1]
    is_steep = abs(y) > abs(x)
    major = 1 if is_steep else 0
    if x == 0.0 and y == 0.0:
        return is_steep, 0, 0, 0.0, 0.0, 0.0
    left, left_y, right, right_y = _snapped_ends(
        points[start, major], points[start, 1 - major], points[end, major], points[end, 1 - major]
    )
    first = max(0, math.ceil(left / SUBPIXELS))
    last = min(height if is_steep else width, math.ceil(right / SUBPIXELS))
    return is_steep, first, last, left, left_y, (right_y - left_y) / (right - left)


@compiled("int64(int64, float64, float64, float64)")
def _y_at(x: int, left: float, left_y: float, slope: float) -> int:
    """The pixel that a line lights in column x."""
    return math.ceil((left_y + (x * SUBPIXELS - left) * slope) / SUBPIXELS - 0.5)


@compiled("int64(float64[:,::1], float64[::1], uint32[:,::1], int32[:,::1], int32[::1])")
def draw_outline(points: Floats, depth: Floats, lines: Indices, outline: Integers, touched: Integers) -> int:
    """Draw `lines` (L, 2), pairs of vertices: one pixel in each column, or in each row; return how many they touch.

    points (V, 2), depth (V,): from place_in_window. outline (H, W): HIDDEN, becomes window depth of the nearest line.
    touched (H * W,): becomes the pixels, row * W + column, that lines touch.
    """
    height, width = outline.shape
    count = 0
    for start, end in lines:
        is_steep, first, last, left, left_y, slope = _run(points, start, end, height, width)
        major = 1 if is_steep else 0
        depth_slope = (depth[end] - depth[start]) / (points[end, major] - points[start, major])
        for x in range(first, last):
            y = _y_at(x, left, left_y, slope)
            row, column = (x, y) if is_steep else (y, x)
            if not (0 <= row < height and 0 <= column < width):
                continue
            pixel_depth = depth[start] + (x - points[start, major]) * depth_slope
            step = np.int32(np.rint(min(max(pixel_depth, 0.0), DEPTH_STEPS * 1.0)))
            if outline[row, column] == HIDDEN:
                touched[count] = row * width + column
                count += 1
                outline[row, column] = step
            else:
                outline[row, column] = min(outline[row, column], step)
    return count


@compiled("void(float64[:,::1], float64[::1], uint32[:,::1], int32[::1], int32[:,::1], int64[:,::1])")
def draw_sides(
    points: Floats,
    depth: Floats,
    sides: Indices,
    numbers: Integers,
    outline: Integers,
    seen: npt.NDArray[np.int64],
) -> None:
    """Draw those of `sides` (3F, 2), pairs of vertices, that `numbers` name, where the outline is not HIDDEN.

    points (V, 2), depth (V,): from place_in_window. seen (H, W): becomes what the pixel shows: see NOTHING_SEEN.
    """
    height, width = outline.shape
    for number in numbers:
        start, end = sides[number, 0], sides[number, 1]
        is_steep, first, last, left, left_y, slope = _run(points, start, end, height, width)
        major = 1 if is_steep else 0
        depth_slope = (depth[end] - depth[start]) / (points[end, major] - points[start, major])
        for x in range(first, last):
            y = _y_at(x, left, left_y, slope)
            row, column = (x, y) if is_steep else (y, x)
            if 0 <= row < height and 0 <= column < width and outline[row, column] != HIDDEN:
                pixel_depth = depth[start] + (x - points[start, major]) * depth_slope
                step = np.int64(np.rint(min(max(pixel_depth, 0.0), DEPTH_STEPS * 1.0)))
                seen[row, column] = min(seen[row, column], step << 32 | number)


@compiled("int64(int32[::1], int32[::1], int64[::1], int64, boolean[:,::1])")
def make_way(
    touched: Integers, outline: Integers, seen: npt.NDArray[np.int64], width: int, tiles: npt.NDArray[np.bool_]
) -> int:
    """Open the pixels of the visible outline to the wire frame; return how many of `touched` these are, now in front.

    outline, seen (H * W,): seen becomes NOTHING_SEEN where the outline is visible.
    tiles: whether a tile of TILE x TILE pixels has visible outline in it or next to it.
    """
    tiles[:] = False
    count = 0
    for pixel in touched:
        if outline[pixel] == HIDDEN:
            continue
        seen[pixel] = NOTHING_SEEN
        row, column = pixel // width, pixel % width
        for tile_row in range(max(row - 1, 0) // TILE, (row + 2) // TILE + 1):
            for tile_column in range(max(column - 1, 0) // TILE, (column + 2) // TILE + 1):
                tiles[tile_row, tile_column] = True
        touched[count] = pixel
        count += 1
    return count


@compiled("int64(uint32[:,::1], uint32[:,::1], boolean[:,::1], int32[::1])")
def sides_in_tiles(pixels: Indices, faces: Indices, tiles: npt.NDArray[np.bool_], numbers: Integers) -> int:
    """Put into `numbers` (3F,) those sides of `faces` (F, 3) that may touch one of the `tiles`; return their count.

    pixels (V, 2): from place_in_window. A side touches pixels from one before to one past those of its ends.
    """
    count = 0
    for face in range(len(faces)):
        for side in range(3):
            start, end = faces[face, (side + 2) % 3], faces[face, side]
            left, right = min(pixels[start, 0], pixels[end, 0]), max(pixels[start, 0], pixels[end, 0])
            top, bottom = min(pixels[start, 1], pixels[end, 1]), max(pixels[start, 1], pixels[end, 1])
            is_near = False
            for row in range(top // TILE, bottom // TILE + 1):
                for column in range(left // TILE, right // TILE + 1):
                    is_near |= tiles[row, column]
            numbers[count] = 3 * face + side
            count += is_near
    return count
