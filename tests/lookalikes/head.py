"""A smooth head with FLAME's counts, 5023 vertices and 9976 triangles, and with its eyeballs and the tip of its nose at
FLAME's own vertices, in FLAME's frame (y up, z to the viewer).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# 1 + 60 * 65 + 30 vertices of the head and 2 * (2 + 17 * 32) of the eyeballs make 5023; the triangles follow.
_SEGMENTS, _RINGS, _SPLIT_TRIANGLES, _EYE_SEGMENTS, _EYE_RINGS = 60, 65, 30, 17, 32
EYE_VERTICES = 2 + _EYE_SEGMENTS * _EYE_RINGS
_NOSE_TIP = 3564
SIZE = 1.5
"""Times a real head's size, so that at RingNet's usual camera scale of about 5 it covers the face in a loose crop."""
_CENTER = np.array([0.0, -0.01, 0.0])
_LAST_RING_ANGLE = np.radians(161)
EYES = np.array([[0.031, 0.012, 0.057], [-0.031, 0.012, 0.057]])
_EYE_RADIUS = 0.0145

# (centre, radii) in metres of the ellipsoids that flow into one another; those off the axis exist on both sides.
_LUMPS = [
    ((0, 0.047, -0.018), (0.074, 0.092, 0.098)),
    ((0, -0.030, 0.022), (0.060, 0.088, 0.064)),
    ((0, -0.098, 0.056), (0.022, 0.018, 0.022)),
    ((0, 0.000, 0.084), (0.008, 0.030, 0.014)),
    ((0, -0.026, 0.093), (0.009, 0.009, 0.014)),
    ((0.010, -0.029, 0.085), (0.008, 0.007, 0.010)),
    ((0.030, 0.034, 0.058), (0.026, 0.010, 0.018)),
    ((0.040, -0.024, 0.046), (0.022, 0.022, 0.020)),
    ((0, -0.060, 0.077), (0.022, 0.006, 0.010)),
    ((0, -0.069, 0.075), (0.019, 0.007, 0.010)),
    ((0.072, 0.000, -0.014), (0.009, 0.026, 0.020)),
    ((0, -0.160, -0.020), (0.054, 0.110, 0.056)),
    ((0, -0.100, 0.020), (0.040, 0.030, 0.040)),
]


@dataclass(frozen=True)
class Head:
    """vertices (V, 3), faces (F, 3), and its unwrapping: texture_vertices (T, 2) in 0..1, texture_faces (F, 3)."""

    vertices: Array
    faces: npt.NDArray[np.int32]
    texture_vertices: Array
    texture_faces: npt.NDArray[np.int32]


@cache
def head() -> Head:
    skin_corners, skin_texture_faces = _split(*_unwrapped(_SEGMENTS, _RINGS, closed=False))
    skin, skin_faces = _with_nose_tip(*_split(_skin(), _sphere_faces(_SEGMENTS, _RINGS, closed=False)))
    vertices, faces = [skin], [skin_faces]
    textures, corners = [skin_corners * [1, 0.86] + [0, 0.14]], [skin_texture_faces]
    for side, center in enumerate(EYES):
        eye_corners, eye_texture_faces = _unwrapped(_EYE_SEGMENTS, _EYE_RINGS, closed=True)
        faces.append(_sphere_faces(_EYE_SEGMENTS, _EYE_RINGS, closed=True) + sum(map(len, vertices)))
        corners.append(eye_texture_faces + sum(map(len, textures)))
        vertices.append(_eyeball(center))
        textures.append(eye_corners * [0.2, 0.1] + [0.02 + 0.25 * side, 0.02])
    return Head(
        np.concatenate(vertices) * SIZE,
        np.concatenate(faces).astype(np.int32),
        np.concatenate(textures),
        np.concatenate(corners).astype(np.int32),
    )


def _skin() -> Array:
    """The crown, then rings of vertices down to the neck's edge."""
    steps = np.arange(_SEGMENTS) * (2 * np.pi / _SEGMENTS)
    around = steps - 0.55 * np.sin(steps)  # closer together in the face
    down = np.arange(1, _RINGS + 1) * (_LAST_RING_ANGLE / _RINGS)
    polar, azimuth = np.meshgrid(down, around, indexing="ij")
    rays = np.stack([np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], axis=-1).reshape(
        -1, 3
    )
    rays = np.vstack([[0.0, 1.0, 0.0], rays])
    reach = np.full(len(rays), 0.3)
    for _ in range(80):
        reach -= 0.7 * _distance(_CENTER + rays * reach[:, None])
    return np.asarray(_CENTER + rays * reach[:, None])


def _split(points: Array, triangles: npt.NDArray[np.int32]) -> tuple[Array, npt.NDArray[np.int32]]:
    """The last triangles, at the neck, each cut into three about its middle: rings alone don't give FLAME's count."""
    whole, cut = triangles[:-_SPLIT_TRIANGLES], triangles[-_SPLIT_TRIANGLES:]
    middles = len(points) + np.arange(_SPLIT_TRIANGLES)
    a, b, c = cut.T
    thirds = [np.stack(corners, axis=1) for corners in ((a, b, middles), (b, c, middles), (c, a, middles))]
    return np.vstack([points, points[cut].mean(axis=1)]), np.concatenate([whole, *thirds]).astype(np.int32)


def _with_nose_tip(vertices: Array, faces: npt.NDArray[np.int32]) -> tuple[Array, npt.NDArray[np.int32]]:
    """The foremost vertex has FLAME's number for the tip of the nose; that one's takes its place."""
    order = np.arange(len(vertices), dtype=np.int32)
    tip = int(vertices[:, 2].argmax())
    order[[tip, _NOSE_TIP]] = order[[_NOSE_TIP, tip]]
    return vertices[order], order[faces]


def _distance(points: Array) -> Array:
    """About how far `points` lie outside the head, metres: a smooth union of the lumps less the eye sockets."""
    lumps = [(np.array(center, float), np.array(radii)) for center, radii in _LUMPS]
    lumps += [(center * [-1, 1, 1], radii) for center, radii in lumps if center[0]]
    distances = []
    for center, radii in lumps:
        unit = np.linalg.norm((points - center) / radii, axis=1)
        slope = np.linalg.norm((points - center) / radii**2, axis=1)
        distances.append(unit * (unit - 1) / np.maximum(slope, 1e-9))
    softness = 0.008
    skin = -softness * np.log(np.exp(-np.minimum(np.stack(distances), 0.5) / softness).sum(axis=0))
    for eye in EYES:
        socket = np.linalg.norm((points - eye - [0, 0, 0.024]) / [1.25, 0.75, 1.0], axis=1) - 0.0145
        skin = softness * np.logaddexp(skin / softness, -socket / softness)
    return np.asarray(skin)


def _sphere_faces(segments: int, rings: int, *, closed: bool) -> npt.NDArray[np.int32]:
    """Outward triangles of a pole (vertex 0), rings of vertices, and with `closed` a last pole."""
    ring = 1 + np.arange(rings)[:, None] * segments + np.arange(segments)
    following = np.roll(ring, -1, axis=1)
    cap = np.stack([np.zeros(segments, int), ring[0], following[0]], axis=1)
    upper = np.stack([ring[:-1], ring[1:], following[:-1]], axis=-1).reshape(-1, 3)
    lower = np.stack([following[:-1], ring[1:], following[1:]], axis=-1).reshape(-1, 3)
    faces = [cap, upper, lower]
    if closed:
        faces.append(np.stack([np.full(segments, 1 + rings * segments), following[-1], ring[-1]], axis=1))
    return np.concatenate(faces)


def _eyeball(center: Array) -> Array:
    down = np.arange(1, _EYE_RINGS + 1) * (np.pi / (_EYE_RINGS + 1))
    around = np.arange(_EYE_SEGMENTS) * (2 * np.pi / _EYE_SEGMENTS)
    polar, azimuth = np.meshgrid(down, around, indexing="ij")
    rays = np.stack([np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], axis=-1)
    return center + _EYE_RADIUS * np.vstack([[0, 1, 0], rays.reshape(-1, 3), [0, -1, 0]])


def _unwrapped(segments: int, rings: int, *, closed: bool) -> tuple[Array, npt.NDArray[np.int32]]:
    """The sphere of `_sphere_faces` as a rectangle, cut open at its back: corners (T, 2) in 0..1, faces (F, 3)."""
    row_count = rings + 2 if closed else rings + 1
    grid = np.meshgrid(np.linspace(0, 1, segments + 1), np.linspace(1, 0, row_count))
    # Vertex columns start at the front; the cut lies half way round.
    left = (np.arange(segments) + segments // 2) % segments
    right = left + 1
    width = segments + 1
    cap = np.stack([left, width + left, width + right], axis=1)
    row = np.arange(1, rings)[:, None] * width
    upper = np.stack([row + left, row + width + left, row + right], axis=-1).reshape(-1, 3)
    lower = np.stack([row + right, row + width + left, row + width + right], axis=-1).reshape(-1, 3)
    faces = [cap, upper, lower]
    if closed:
        last = rings * width
        faces.append(np.stack([last + width + left, last + right, last + left], axis=1))
    return np.stack(grid, axis=-1).reshape(-1, 2), np.concatenate(faces)
