"""Vertex colours: three point lights on a matt surface, as RingNet set them up for OpenDR."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.rendering.compilation import compiled

Floats = npt.NDArray[np.float64]

_TURN = math.radians(120)
_TURN_ABOUT_Y = np.array(
    [[math.cos(_TURN), 0.0, math.sin(_TURN)], [0.0, 1.0, 0.0], [-math.sin(_TURN), 0.0, math.cos(_TURN)]]
)

LIGHT_POSITIONS = np.array([[-200.0, -100.0, -100.0], [800.0, 10.0, 300.0], [-500.0, 500.0, 1000.0]]) @ _TURN_ABOUT_Y
"""(3, 3) float64, metres, camera frame: they stand still while the head comes nearer, so shading depends on scale."""

LIGHT_INTENSITIES = np.array([1.0, 1.0, 0.7])


def vertex_normals(vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Area-weighted unit normals (V, 3) float64: the normalised sum of (v1 - v0) x (v2 - v0) over a vertex's faces.

    Zero for vertices without a face, or whose faces cancel out.
    """
    normals = np.empty((len(vertices), 3))
    _vertex_normals(np.array(vertices, np.float64, order="C"), np.require(faces, np.int32, ["C", "W"]), normals)
    return normals


def vertex_colors(
    vertices: npt.NDArray[np.floating],
    faces: npt.NDArray[np.integer],
    albedo: tuple[float, float, float],
) -> npt.NDArray[np.float64]:
    """Colours (V, 3) float64 in 0..1 of `vertices` (V, 3), metres, camera frame.

    Lambert's law: albedo * sum of max(0, n . l) * intensity over the lights, without falloff, l being the unit vector
    to the light; each light is clamped by itself, and the sum to 0..1 before anything is interpolated.
    """
    colors = vertex_normals(vertices, faces)
    _light(
        np.array(vertices, np.float64, order="C"),
        LIGHT_POSITIONS,
        LIGHT_INTENSITIES,
        np.asarray(albedo, np.float64),
        colors,
    )
    return colors


@compiled("void(float64[:,::1], int32[:,::1], float64[:,::1])")
def _vertex_normals(vertices: Floats, faces: npt.NDArray[np.int32], normals: Floats) -> None:
    normals[:] = 0.0
    for face in range(len(faces)):
        a, b, c = faces[face]
        x1, x2 = vertices[b, 0] - vertices[a, 0], vertices[c, 0] - vertices[a, 0]
        y1, y2 = vertices[b, 1] - vertices[a, 1], vertices[c, 1] - vertices[a, 1]
        z1, z2 = vertices[b, 2] - vertices[a, 2], vertices[c, 2] - vertices[a, 2]
        x, y, z = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
        for corner in range(3):
            normals[faces[face, corner], 0] += x
            normals[faces[face, corner], 1] += y
            normals[faces[face, corner], 2] += z
    for vertex in range(len(normals)):
        x, y, z = normals[vertex]
        length = math.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            normals[vertex] /= length


@compiled("void(float64[:,::1], float64[:,::1], float64[::1], float64[::1], float64[:,::1])")
def _light(
    vertices: Floats, light_positions: Floats, light_intensities: Floats, albedo: Floats, normals_to_colors: Floats
) -> None:
    for vertex in range(len(vertices)):
        normal_x, normal_y, normal_z = normals_to_colors[vertex]
        shade = 0.0
        for light in range(len(light_positions)):
            x = light_positions[light, 0] - vertices[vertex, 0]
            y = light_positions[light, 1] - vertices[vertex, 1]
            z = light_positions[light, 2] - vertices[vertex, 2]
            cosine = (normal_x * x + normal_y * y + normal_z * z) / math.sqrt(x * x + y * y + z * z)
            shade += max(0.0, cosine) * light_intensities[light]
        for channel in range(3):
            normals_to_colors[vertex, channel] = min(1.0, shade * albedo[channel])
