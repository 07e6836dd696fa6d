"""Vertex colours: three point lights on a matt surface, as RingNet set them up for OpenDR."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled

Floats = npt.NDArray[np.float64]

_TURN = math.radians(120)
_TURN_ABOUT_Y = np.array(
    [[math.cos(_TURN), 0.0, math.sin(_TURN)], [0.0, 1.0, 0.0], [-math.sin(_TURN), 0.0, math.cos(_TURN)]]
)

LIGHT_POSITIONS = np.array([[-200.0, -100.0, -100.0], [800.0, 10.0, 300.0], [-500.0, 500.0, 1000.0]]) @ _TURN_ABOUT_Y
"""(3, 3) float64, metres, camera frame: they stand still while the head comes nearer, so shading depends on scale."""

LIGHT_INTENSITIES = np.array([1.0, 1.0, 0.7])


def vertex_normals(vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.integer]) -> Floats:
    """Area-weighted unit normals (V, 3) float64: the normalised sum of (v1 - v0) x (v2 - v0) over a vertex's faces.

    Zero for vertices without a face, or whose faces cancel out.
    """
    normals = np.empty((len(vertices), 3))
    triangles = np.array(faces, np.uint32, order="C")
    average_normals(np.array(vertices, np.float64, order="C"), triangles, normals, np.empty(len(faces)))
    return normals


def vertex_colors(
    vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.integer], albedo: tuple[float, float, float]
) -> Floats:
    """Colours (V, 3) float64 in 0..1 of `vertices` (V, 3), metres, camera frame: see `light`."""
    colors = np.empty((len(vertices), 3))
    positions = np.array(vertices, np.float64, order="C")
    light(positions, vertex_normals(vertices, faces), LIGHT_POSITIONS, LIGHT_INTENSITIES, np.array(albedo), colors)
    return colors


@compiled("void(float64[:,::1], uint32[:,::1], float64[:,::1], float64[::1])")
def average_normals(vertices: Floats, faces: npt.NDArray[np.uint32], normals: Floats, facing: Floats) -> None:
    """Write what `vertex_normals` returns into `normals` (V, 3).

    facing (F,) becomes a face's normal times the summed rays to its corners: positive where it is turned away.
    """
    normals[:] = 0.0
    for face in range(len(faces)):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        x1, x2 = vertices[b, 0] - vertices[a, 0], vertices[c, 0] - vertices[a, 0]
        y1, y2 = vertices[b, 1] - vertices[a, 1], vertices[c, 1] - vertices[a, 1]
        z1, z2 = vertices[b, 2] - vertices[a, 2], vertices[c, 2] - vertices[a, 2]
        x, y, z = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
        ray_x = vertices[a, 0] + vertices[b, 0] + vertices[c, 0]
        ray_y = vertices[a, 1] + vertices[b, 1] + vertices[c, 1]
        ray_z = vertices[a, 2] + vertices[b, 2] + vertices[c, 2]
        facing[face] = ray_x * x + ray_y * y + ray_z * z
        for vertex in (a, b, c):
            normals[vertex, 0] += x
            normals[vertex, 1] += y
            normals[vertex, 2] += z
    for vertex in range(len(normals)):
        x, y, z = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = math.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            normals[vertex, 0], normals[vertex, 1], normals[vertex, 2] = x / length, y / length, z / length


@compiled("void(float64[:,::1], float64[:,::1], float64[:,::1], float64[::1], float64[::1], float64[:,::1])")
def light(
    vertices: Floats,
    normals: Floats,
    light_positions: Floats,
    light_intensities: Floats,
    albedo: Floats,
    colors: Floats,
) -> None:
    """Write the `colors` (V, 3) in 0..1 of `vertices` (V, 3), camera frame, with unit `normals` (V, 3).

    Lambert's law: albedo * sum of max(0, n . l) * intensity over the lights, without falloff, l being the unit vector
    to the light; each light is clamped by itself, and the sum to 0..1 before anything is interpolated.
    """
    for vertex in range(len(vertices)):
        x, y, z = vertices[vertex, 0], vertices[vertex, 1], vertices[vertex, 2]
        shade = 0.0
        for source in range(len(light_positions)):
            to_x = light_positions[source, 0] - x
            to_y = light_positions[source, 1] - y
            to_z = light_positions[source, 2] - z
            along = normals[vertex, 0] * to_x + normals[vertex, 1] * to_y + normals[vertex, 2] * to_z
            if along > 0.0:
                shade += along / math.sqrt(to_x * to_x + to_y * to_y + to_z * to_z) * light_intensities[source]
        for channel in range(3):
            colors[vertex, channel] = min(1.0, shade * albedo[channel])
