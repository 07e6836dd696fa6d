"""The picture: colours between a face's corners, and the weights that mix them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled, compiled_with_callers

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Indices = npt.NDArray[np.uint32]
Weights = tuple[float, float, float]


@compiled_with_callers
def _shares(at_a: float, at_b: float, at_c: float) -> Weights:
    share = 1.0 / (at_a + at_b + at_c)
    return at_a * share, at_b * share, at_c * share


@compiled_with_callers
def _weights_in_row(
    points: Floats, inverse_depth: Floats, faces: Indices, face: int, row: int
) -> tuple[float, float, float, float, float, float]:
    """Perspective-correct weights of a face's corners at column 0 of a row, and what each column adds to them.

    Up to a common factor: they don't sum to 1.
    """
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    x1, y1 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    x2, y2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    x, y = -points[a, 0], row - points[a, 1]
    at_b, at_c = x * y2 - y * x2, x1 * y - y1 * x
    at_a = x1 * y2 - y1 * x2 - at_b - at_c
    z_a, z_b, z_c = inverse_depth[a], inverse_depth[b], inverse_depth[c]
    return at_a * z_a, at_b * z_b, at_c * z_c, (y1 - y2) * z_a, y2 * z_b, -y1 * z_c


@compiled_with_callers
def _weights_on_line(
    points: Floats, inverse_depth: Floats, faces: Indices, line: int, row: int, column: int
) -> Weights:
    """Weights on a face's half-edge, as far along as the pixel: line 3 * face + half_edge runs to that corner."""
    face, half_edge = line // 3, line % 3
    start, end = faces[face, (half_edge + 2) % 3], faces[face, half_edge]
    x, y = points[end, 0] - points[start, 0], points[end, 1] - points[start, 1]
    along = (column - points[start, 0]) / x if abs(x) >= abs(y) else (row - points[start, 1]) / y
    at_start, at_end = (1.0 - along) * inverse_depth[start], along * inverse_depth[end]
    if half_edge == 0:
        return _shares(at_end, 0.0, at_start)
    if half_edge == 1:
        return _shares(at_start, at_end, 0.0)
    return _shares(0.0, at_start, at_end)


@compiled_with_callers
def _level(colors: Floats, faces: Indices, face: int, at_a: float, at_b: float, at_c: float, channel: int) -> np.uint8:
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    color = at_a * colors[a, channel] + at_b * colors[b, channel] + at_c * colors[c, channel]
    return np.uint8(np.rint(min(max(color, 0.0), 1.0) * 255.0))


@compiled(
    "void(float64[:,::1], float64[::1], float64[:,::1], boolean, uint32[:,::1], int64[:,::1], int32[:,::1], "
    "uint8[:,:,::1])"
)
def paint_faces(
    points: Floats,
    inverse_depth: Floats,
    colors: Floats,
    is_grey: bool,
    faces: Indices,
    seen: npt.NDArray[np.int64],
    face_id: Integers,
    image: npt.NDArray[np.uint8],
) -> None:
    """Write the face seen at each pixel, -1 for none, to `face_id` (H, W), and its colour, else 255, to `image`.

    points (V, 2) pixels as (u, v); inverse_depth (V,) per metre; colors (V, 3) in 0..1, all three
    channels the same where is_grey; faces (F, 3); seen (H, W): see NOTHING_SEEN. image (H, W, 3).
    """
    height, width = seen.shape
    for row in range(height):
        face_before = -1
        for column in range(width):
            face: Any = np.int32(seen[row, column])
            face_id[row, column] = face
            if face < 0:
                image[row, column, 0] = image[row, column, 1] = image[row, column, 2] = 255
                continue
            if face != face_before:
                left_a, left_b, left_c, a_step, b_step, c_step = _weights_in_row(
                    points, inverse_depth, faces, face, row
                )
                face_before = face
            at_a, at_b, at_c = _shares(left_a + column * a_step, left_b + column * b_step, left_c + column * c_step)
            level = _level(colors, faces, face, at_a, at_b, at_c, 0)
            image[row, column, 0] = level
            image[row, column, 1] = level if is_grey else _level(colors, faces, face, at_a, at_b, at_c, 1)
            image[row, column, 2] = level if is_grey else _level(colors, faces, face, at_a, at_b, at_c, 2)


@compiled(
    "void(float64[:,::1], float64[::1], float64[:,::1], uint32[:,::1], int32[::1], int32[::1], int32[:,::1], "
    "uint8[:,:,::1])"
)
def paint_lines(
    points: Floats,
    inverse_depth: Floats,
    colors: Floats,
    faces: Indices,
    line_pixels: Integers,
    lines: Integers,
    face_id: Integers,
    image: npt.NDArray[np.uint8],
) -> None:
    """Show `lines` (N,), each 3 * face + half-edge: write their faces to `face_id` (H, W), their colours to `image`.

    line_pixels (N,): row * W + column. The rest as for paint_faces.
    """
    width = face_id.shape[1]
    for number in range(len(lines)):
        row, column = line_pixels[number] // width, line_pixels[number] % width
        face = face_id[row, column] = lines[number] // 3
        at_a, at_b, at_c = _weights_on_line(points, inverse_depth, faces, lines[number], row, column)
        for channel in range(3):
            image[row, column, channel] = _level(colors, faces, face, at_a, at_b, at_c, channel)


@compiled_with_callers
def _put_weights(at_a: float, at_b: float, at_c: float, weights: npt.NDArray[np.float32]) -> None:
    if min(at_a, at_b, at_c) < 0.0:
        # A pixel may lie just outside of its face, since faces snap, and lines are a pixel wide.
        at_a, at_b, at_c = _shares(max(at_a, 0.0), max(at_b, 0.0), max(at_c, 0.0))
    weights[0], weights[1], weights[2] = at_a, at_b, at_c


@compiled("void(float64[:,::1], float64[::1], uint32[:,::1], int32[:,::1], int32[::1], int32[::1], float32[:,:,::1])")
def _weigh(
    points: Floats,
    inverse_depth: Floats,
    faces: Indices,
    face_id: Integers,
    line_pixels: Integers,
    lines: Integers,
    weights: npt.NDArray[np.float32],
) -> None:
    height, width = face_id.shape
    for row in range(height):
        for column in range(width):
            face = face_id[row, column]
            if face >= 0:
                left_a, left_b, left_c, a_step, b_step, c_step = _weights_in_row(
                    points, inverse_depth, faces, face, row
                )
                at_a, at_b, at_c = _shares(left_a + column * a_step, left_b + column * b_step, left_c + column * c_step)
                _put_weights(at_a, at_b, at_c, weights[row, column])
    for number in range(len(lines)):
        row, column = line_pixels[number] // width, line_pixels[number] % width
        at_a, at_b, at_c = _weights_on_line(points, inverse_depth, faces, lines[number], row, column)
        _put_weights(at_a, at_b, at_c, weights[row, column])


def barycentric_weights(
    points: Floats,
    inverse_depth: Floats,
    faces: Indices,
    face_id: Integers,
    line_pixels: Integers,
    lines: Integers,
) -> npt.NDArray[np.float32]:
    """Weights (H, W, 3) float32 of the corners of the face at each pixel, `face_id` (H, W); 0 where there is none.

    The rest as for paint_lines.
    """
    weights = np.zeros((*face_id.shape, 3), np.float32)
    _weigh(points, inverse_depth, faces, face_id, line_pixels, lines, weights)
    return weights
