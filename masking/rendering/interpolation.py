"""The picture: colours between a face's corners, and the weights that mix them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]
Weights = tuple[float, float, float]


@compiled("UniTuple(float64, 6)(float64[:,::1], float64[::1], int32[:,::1], int64, int64)")
def _weights_in_row(
    points: Floats, inverse_depth: Floats, faces: Integers, face: int, row: int
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


@compiled("UniTuple(float64, 3)(float64[:,::1], float64[::1], int32[:,::1], int64, int64, int64)")
def _weights_on_line(
    points: Floats, inverse_depth: Floats, faces: Integers, line: int, row: int, column: int
) -> Weights:
    """Weights on a face's side, as far along as the pixel: line 3 * face + side runs to corner `side`."""
    face, side = line // 3, line % 3
    start, end = faces[face, (side + 2) % 3], faces[face, side]
    x, y = points[end, 0] - points[start, 0], points[end, 1] - points[start, 1]
    along = (column - points[start, 0]) / x if abs(x) >= abs(y) else (row - points[start, 1]) / y
    at_start, at_end = (1.0 - along) * inverse_depth[start], along * inverse_depth[end]
    if side == 0:
        return at_end, 0.0, at_start
    if side == 1:
        return at_start, at_end, 0.0
    return 0.0, at_start, at_end


@compiled(
    "void(float64[:,::1], float64[::1], float64[:,::1], int32[:,::1], int32[:,::1], int32[:,::1], "
    "float32[:,:,::1], uint8[:,:,::1])"
)
def interpolate(
    points: Floats,
    inverse_depth: Floats,
    colors: Floats,
    faces: Integers,
    face_id: Integers,
    line_id: Integers,
    barycentric: npt.NDArray[np.float32],
    image: npt.NDArray[np.uint8],
) -> None:
    """Mix the colours of the face seen at each pixel into `image` (H, W, 3), by its weights, `barycentric` (H, W, 3).

    Where no face is seen both are left as they are.

    points (V, 2) pixels as (u, v); inverse_depth (V,) per metre; colors (V, 3) in 0..1; faces (F, 3).
    face_id (H, W): the face, or -1 for none. line_id (H, W), or of no pixels at all: line 3 * face + side drawn over
    it, or -1; face_id becomes the line's face there.
    """
    height, width = face_id.shape
    has_lines = line_id.size > 0
    for row in range(height):
        face_before = -1
        for column in range(width):
            line = line_id[row, column] if has_lines else -1
            face = face_id[row, column]
            if line >= 0:
                face = face_id[row, column] = line // 3
                at_a, at_b, at_c = _weights_on_line(points, inverse_depth, faces, line, row, column)
            elif face >= 0:
                if face != face_before:
                    left_a, left_b, left_c, a_step, b_step, c_step = _weights_in_row(
                        points, inverse_depth, faces, face, row
                    )
                    face_before = face
                at_a, at_b, at_c = left_a + column * a_step, left_b + column * b_step, left_c + column * c_step
            else:
                continue
            share = 1.0 / (at_a + at_b + at_c)
            at_a, at_b, at_c = at_a * share, at_b * share, at_c * share
            a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
            for channel in range(3):
                color = at_a * colors[a, channel] + at_b * colors[b, channel] + at_c * colors[c, channel]
                image[row, column, channel] = np.uint8(np.rint(min(max(color, 0.0), 1.0) * 255.0))
            if min(at_a, at_b, at_c) < 0.0:
                # A pixel may lie just outside of its face, since faces snap, and lines are a pixel wide.
                at_a, at_b, at_c = max(at_a, 0.0), max(at_b, 0.0), max(at_c, 0.0)
                share = 1.0 / (at_a + at_b + at_c)
                at_a, at_b, at_c = at_a * share, at_b * share, at_c * share
            barycentric[row, column, 0] = at_a
            barycentric[row, column, 1] = at_b
            barycentric[row, column, 2] = at_c
