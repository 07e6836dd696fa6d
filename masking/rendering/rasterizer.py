"""A z-buffer with the pixel rules of OpenDR's OpenGL driver (Mesa's llvmpipe): which face is seen at which pixel.

An integer image coordinate is a pixel's centre. Vertices snap to 1/256 pixel before coverage is decided, pixels on an
edge belong to the face to the right of or below it (top-left rule), both sides of a face are drawn, and of two faces
at the same depth (24 bits) the one drawn first stays.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

SUBPIXELS = 256
"""Vertices snap to this fraction of a pixel."""

DEPTH_STEPS = 2**24 - 1
FARTHEST = np.int32(2**31 - 1)


def near_and_far(depth: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Clipping planes in metres about vertices at `depth` (V,) metres; RingNet's formula. They never clip a head."""
    return max(float(depth.min()) - 25.0, 0.1), max(float(depth.max()) + 25.0, 25.0)


def window_depth(depth: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return what the depth test compares: 0 (near plane) to DEPTH_STEPS (far plane), linear in 1 / `depth` (V,)."""
    near, far = near_and_far(depth)
    return (far / (far - near)) * (1.0 - near / depth) * DEPTH_STEPS


@compiled("void(float64[:,::1], float64[::1], int32[:,::1], int32[:,::1], int32[:,::1])")
def fill_faces(points: Floats, depth: Floats, faces: Integers, nearest: Integers, face_id: Integers) -> None:
    """Draw the faces' insides: `nearest` (H, W), window depth, and `face_id` (H, W) where a face is nearer.

    points (V, 2) pixels as (u, v); depth (V,) from window_depth; faces (F, 3).
    """
    height, width = face_id.shape
    for face in range(len(faces)):
        a, b, c = faces[face]
        # Whole numbers, exact in float64 unless a vertex is 2 ** 17 pixels away; then the last bits go.
        ax, ay = np.rint(points[a, 0] * SUBPIXELS), np.rint(points[a, 1] * SUBPIXELS)
        bx, by = np.rint(points[b, 0] * SUBPIXELS), np.rint(points[b, 1] * SUBPIXELS)
        cx, cy = np.rint(points[c, 0] * SUBPIXELS), np.rint(points[c, 1] * SUBPIXELS)
        doubled_area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if doubled_area == 0.0:
            continue
        if doubled_area < 0.0:
            b, c = c, b
            bx, by, cx, cy = cx, cy, bx, by
        first_row = max(0, math.ceil(min(ay, by, cy) / SUBPIXELS))
        last_row = min(height - 1, math.floor(max(ay, by, cy) / SUBPIXELS))
        first_column = max(0, math.ceil(min(ax, bx, cx) / SUBPIXELS))
        last_column = min(width - 1, math.floor(max(ax, bx, cx) / SUBPIXELS))
        if first_row > last_row or first_column > last_column:
            continue

        x1, y1 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
        x2, y2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
        unsnapped_area = x1 * y2 - y1 * x2
        if unsnapped_area == 0.0:
            continue
        z1, z2 = depth[b] - depth[a], depth[c] - depth[a]
        depth_dx = (z1 * y2 - z2 * y1) / unsnapped_area
        depth_dy = (z2 * x1 - z1 * x2) / unsnapped_area

        # An edge from p to q is top or left if it runs right on top of the face, or upwards; its pixels belong to it.
        least_ab = 0.0 if by < ay or (by == ay and bx > ax) else 1.0
        least_bc = 0.0 if cy < by or (cy == by and cx > bx) else 1.0
        least_ca = 0.0 if ay < cy or (ay == cy and ax > cx) else 1.0
        for row in range(first_row, last_row + 1):
            y = float(row * SUBPIXELS)
            x = float(first_column * SUBPIXELS)
            side_ab = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            side_bc = (cx - bx) * (y - by) - (cy - by) * (x - bx)
            side_ca = (ax - cx) * (y - cy) - (ay - cy) * (x - cx)
            row_depth = depth[a] + (row - points[a, 1]) * depth_dy
            for column in range(first_column, last_column + 1):
                if side_ab >= least_ab and side_bc >= least_bc and side_ca >= least_ca:
                    pixel_depth = row_depth + (column - points[a, 0]) * depth_dx
                    rounded = np.int32(np.rint(min(max(pixel_depth, 0.0), float(DEPTH_STEPS))))
                    if rounded < nearest[row, column]:
                        nearest[row, column] = rounded
                        face_id[row, column] = face
                side_ab -= (by - ay) * SUBPIXELS
                side_bc -= (cy - by) * SUBPIXELS
                side_ca -= (ay - cy) * SUBPIXELS


@compiled(
    "void(float64[:,::1], float64[::1], float64[:,::1], int32[:,::1], int32[:,::1], float32[:,:,::1], uint8[:,:,::1])"
)
def resolve(
    points: Floats,
    inverse_depth: Floats,
    colors: Floats,
    faces: Integers,
    face_id: Integers,
    barycentric: npt.NDArray[np.float32],
    image: npt.NDArray[np.uint8],
) -> None:
    """Perspective-correct `barycentric` (H, W, 3) and Gouraud `image` (H, W, 3) of the face seen at each pixel.

    points (V, 2) pixels; inverse_depth (V,) per metre; colors (V, 3) in 0..1; faces (F, 3); face_id (H, W).
    """
    height, width = face_id.shape
    for row in range(height):
        for column in range(width):
            face = face_id[row, column]
            if face < 0:
                for channel in range(3):
                    barycentric[row, column, channel] = 0.0
                    image[row, column, channel] = 255
                continue
            a, b, c = faces[face]
            x1, y1 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
            x2, y2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
            x, y = column - points[a, 0], row - points[a, 1]
            area = x1 * y2 - y1 * x2
            weight_b = (x * y2 - y * x2) / area
            weight_c = (x1 * y - y1 * x) / area
            weight_a = (1.0 - weight_b - weight_c) * inverse_depth[a]
            weight_b *= inverse_depth[b]
            weight_c *= inverse_depth[c]
            total = weight_a + weight_b + weight_c
            weight_a /= total
            weight_b /= total
            weight_c /= total
            for channel in range(3):
                color = weight_a * colors[a, channel] + weight_b * colors[b, channel] + weight_c * colors[c, channel]
                image[row, column, channel] = np.uint8(np.rint(min(max(color, 0.0), 1.0) * 255.0))
            # Snapping may give a pixel to a face that it lies just outside of.
            weight_a, weight_b, weight_c = max(weight_a, 0.0), max(weight_b, 0.0), max(weight_c, 0.0)
            total = weight_a + weight_b + weight_c
            barycentric[row, column, 0] = weight_a / total
            barycentric[row, column, 1] = weight_b / total
            barycentric[row, column, 2] = weight_c / total
