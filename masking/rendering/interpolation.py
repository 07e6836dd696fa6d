"""The picture: colours between a face's corners, and the weights that mix them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


@compiled("void(float64[:,::1], float64[::1], int32[::1], int64, int64, float64[::1])")
def _weigh_corners(
    points: Floats, inverse_depth: Floats, face: Integers, row: int, column: int, weights: Floats
) -> None:
    """Set perspective-correct `weights` (3,) of a face's corners at a pixel. They don't sum to 1 yet."""
    a, b, c = face
    x1, y1 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    x2, y2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    x, y = column - points[a, 0], row - points[a, 1]
    doubled_area = x1 * y2 - y1 * x2
    toward_b = (x * y2 - y * x2) / doubled_area
    toward_c = (x1 * y - y1 * x) / doubled_area
    weights[0] = (1.0 - toward_b - toward_c) * inverse_depth[a]
    weights[1] = toward_b * inverse_depth[b]
    weights[2] = toward_c * inverse_depth[c]


@compiled("void(float64[:,::1], float64[::1], int32[::1], int64, int64, int64, float64[::1])")
def _weigh_ends(
    points: Floats, inverse_depth: Floats, face: Integers, side: int, row: int, column: int, weights: Floats
) -> None:
    """Do the same on a face's side, which runs to corner `side` from the one before: as far along as the pixel."""
    before = (side + 2) % 3
    start, end = face[before], face[side]
    x, y = points[end, 0] - points[start, 0], points[end, 1] - points[start, 1]
    along = (column - points[start, 0]) / x if abs(x) >= abs(y) else (row - points[start, 1]) / y
    weights[(side + 1) % 3] = 0.0
    weights[before] = (1.0 - along) * inverse_depth[start]
    weights[side] = along * inverse_depth[end]


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

    points (V, 2) pixels as (u, v); inverse_depth (V,) per metre; colors (V, 3) in 0..1; faces (F, 3).
    face_id (H, W): the face, or -1 for white. line_id (H, W), or of no pixels at all: line 3 * face + side drawn over
    it, or -1; face_id becomes the line's face there.
    """
    height, width = face_id.shape
    weights = np.empty(3)
    for row in range(height):
        for column in range(width):
            line = line_id[row, column] if line_id.size else -1
            if line >= 0:
                face_id[row, column] = line // 3
            face = face_id[row, column]
            if face < 0:
                barycentric[row, column, :] = 0.0
                image[row, column, :] = 255
                continue
            if line >= 0:
                _weigh_ends(points, inverse_depth, faces[face], line % 3, row, column, weights)
            else:
                _weigh_corners(points, inverse_depth, faces[face], row, column, weights)
            share = 255.0 / (weights[0] + weights[1] + weights[2])
            a, b, c = faces[face]
            for channel in range(3):
                color = (
                    weights[0] * colors[a, channel] + weights[1] * colors[b, channel] + weights[2] * colors[c, channel]
                )
                image[row, column, channel] = np.uint8(np.rint(min(max(color * share, 0.0), 255.0)))
            # A pixel may lie just outside of its face, since faces snap, and lines are a pixel wide.
            weight_a, weight_b, weight_c = max(weights[0], 0.0), max(weights[1], 0.0), max(weights[2], 0.0)
            share = 1.0 / (weight_a + weight_b + weight_c)
            barycentric[row, column, 0] = weight_a * share
            barycentric[row, column, 1] = weight_b * share
            barycentric[row, column, 2] = weight_c * share
