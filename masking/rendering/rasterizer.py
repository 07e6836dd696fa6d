"""A z-buffer with the pixel rules of OpenDR's OpenGL driver, Mesa's llvmpipe: which face is seen at which pixel.

An integer image coordinate is a pixel's centre. Vertices snap to 1/256 pixel before coverage is decided, pixels on an
edge belong to the face to the right of or below it (top-left rule), both sides of a face are drawn, and of two faces
at the same depth (24 bits) the one drawn first stays.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled
from masking.rendering.outlines import HIDDEN
from masking.rendering.window import DEPTH_STEPS, FARTHEST, SUBPIXELS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


@compiled("UniTuple(float64, 2)(float64[:,::1], float64[::1], int32, int32, int32)")
def _depth_slopes(points: Floats, depth: Floats, a: int, b: int, c: int) -> tuple[float, float]:
    """How window depth changes to the right and down over a face. From the points as they are, not snapped."""
    x1, y1 = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1]
    x2, y2 = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1]
    z1, z2 = depth[b] - depth[a], depth[c] - depth[a]
    share = 1.0 / (x1 * y2 - y1 * x2)
    return (z1 * y2 - z2 * y1) * share, (z2 * x1 - z1 * x2) * share


@compiled("float64(float64, float64)")
def _least_inside(x_step: float, y_step: float) -> float:
    """Least value of the edge function inside a face that lies right of the edge: 0 for a left or top edge, else 1."""
    return 0.0 if y_step < 0.0 or (y_step == 0.0 and x_step > 0.0) else 1.0


@compiled("void(float64[:,::1], float64[:,::1], float64[::1], int32[:,::1], int32[:,::1], int32[:,::1], int32[:,::1])")
def fill_faces(
    points: Floats,
    snapped: Floats,
    depth: Floats,
    faces: Integers,
    nearest: Integers,
    face_id: Integers,
    outline: Integers,
) -> None:
    """Draw the insides of `faces` (F, 3), and hide what of the outline lies behind them.

    points (V, 2) pixels as (u, v); snapped (V, 2) whole subpixels; depth (V,) from window_depth.
    nearest, face_id (H, W): window depth so far, and the face it belongs to; both become those of nearer faces.
    outline (H, W), or of no pixels at all: window depth of the outline; becomes HIDDEN behind faces.
    """
    height, width = face_id.shape
    has_outline = outline.size > 0
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, bx, by, cx, cy = (
            snapped[a, 0],
            snapped[a, 1],
            snapped[b, 0],
            snapped[b, 1],
            snapped[c, 0],
            snapped[c, 1],
        )
        first_row = max(0, math.ceil(min(ay, by, cy) / SUBPIXELS))
        last_row = min(height - 1, math.floor(max(ay, by, cy) / SUBPIXELS))
        first_column = max(0, math.ceil(min(ax, bx, cx) / SUBPIXELS))
        last_column = min(width - 1, math.floor(max(ax, bx, cx) / SUBPIXELS))
        doubled_area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if doubled_area == 0.0 or first_row > last_row or first_column > last_column:
            continue
        if doubled_area < 0.0:
            b, c, bx, by, cx, cy = c, b, cx, cy, bx, by
        depth_dx, depth_dy = _depth_slopes(points, depth, a, b, c)
        # OpenDR's polygon offset (10, 1), one unit being two of llvmpipe's steps.
        offset = 2.0 + 10.0 * max(abs(depth_dx), abs(depth_dy))
        ab_x, ab_y, bc_x, bc_y, ca_x, ca_y = bx - ax, by - ay, cx - bx, cy - by, ax - cx, ay - cy
        least_ab, least_bc, least_ca = _least_inside(ab_x, ab_y), _least_inside(bc_x, bc_y), _least_inside(ca_x, ca_y)
        x = float(first_column * SUBPIXELS)
        for row in range(first_row, last_row + 1):
            y = float(row * SUBPIXELS)
            side_ab = ab_x * (y - ay) - ab_y * (x - ax) - least_ab
            side_bc = bc_x * (y - by) - bc_y * (x - bx) - least_bc
            side_ca = ca_x * (y - cy) - ca_y * (x - cx) - least_ca
            row_depth = depth[a] + (row - points[a, 1]) * depth_dy - points[a, 0] * depth_dx
            for column in range(first_column, last_column + 1):
                if min(side_ab, side_bc, side_ca) >= 0.0:
                    pixel_depth = row_depth + column * depth_dx
                    step = np.int32(np.rint(min(max(pixel_depth, 0.0), DEPTH_STEPS * 1.0)))
                    if step < nearest[row, column]:
                        nearest[row, column] = step
                        face_id[row, column] = face
                    if has_outline and outline[row, column] != FARTHEST and pixel_depth + offset < outline[row, column]:
                        outline[row, column] = HIDDEN
                side_ab -= ab_y * SUBPIXELS
                side_bc -= bc_y * SUBPIXELS
                side_ca -= ca_y * SUBPIXELS
