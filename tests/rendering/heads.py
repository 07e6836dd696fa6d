"""A head that looks like FLAME's to a renderer, and poses to see it and the face mesh in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from masking.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, PinholeCamera, head_distance

Floats = npt.NDArray[np.float64]
Mesh = tuple[Floats, npt.NDArray[np.int64]]

FLAT = PinholeCamera(1.0, (0.0, 0.0))
"""So short a focal length that OpenDR's inexact half turn moves nothing."""


def flame_like_head(rings: int = 70, segments: int = 72) -> Mesh:
    """A head of FLAME's size, about 5,000 vertices and 10,000 faces: nose, ears and chin, hollow eyes and mouth, and
    a neck that is open below. Metres; x right, y down, z away, the face toward the viewer.
    """
    polar, around = np.meshgrid(
        np.linspace(0.02, 0.86 * np.pi, rings), np.linspace(0, 2 * np.pi, segments, endpoint=False), indexing="ij"
    )
    directions = np.stack([np.sin(polar) * np.sin(around), -np.cos(polar), -np.sin(polar) * np.cos(around)], axis=-1)
    radius = np.ones_like(polar)
    for yaw, pitch, width, height in [
        (0.0, 0.1, 0.16, 0.3),  # nose
        (-0.42, -0.15, 0.13, -0.3),  # eyes
        (0.42, -0.15, 0.13, -0.3),
        (0.0, 0.5, 0.16, -0.28),  # mouth
        (0.0, 0.85, 0.3, 0.12),  # chin
        (-1.5, 0.0, 0.14, 0.35),  # ears
        (1.5, 0.0, 0.14, 0.35),
    ]:
        center = [np.sin(yaw) * np.cos(pitch), np.sin(pitch), -np.cos(yaw) * np.cos(pitch)]
        angle = np.arccos(np.clip(directions @ center, -1, 1))
        radius += height * np.exp(-((angle / width) ** 2))
    vertices = directions * radius[..., None] * [0.075, 0.11, 0.095]
    return vertices.reshape(-1, 3), _grid_faces(rings, segments)


def _grid_faces(rows: int, columns: int) -> npt.NDArray[np.int64]:
    index = np.arange(rows * columns).reshape(rows, columns)
    index = np.hstack([index, index[:, :1]])
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    return np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])


@dataclass(frozen=True)
class Pose:
    """Angles in radians; scale as RingNet's camera; offset in crops (0.5: the head's middle on the picture's edge)."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    scale: float = 8.0
    offset: tuple[float, float] = (0.0, 0.0)

    def place(self, vertices: Floats, height: int, width: int) -> tuple[Floats, PinholeCamera]:
        """Vertices in the camera frame, and RingNet's camera for a picture of this size."""
        cosine, sine = np.cos([self.yaw, self.pitch, self.roll]), np.sin([self.yaw, self.pitch, self.roll])
        turn_y = np.array([[cosine[0], 0, sine[0]], [0, 1, 0], [-sine[0], 0, cosine[0]]])
        turn_x = np.array([[1, 0, 0], [0, cosine[1], -sine[1]], [0, sine[1], cosine[1]]])
        turn_z = np.array([[cosine[2], -sine[2], 0], [sine[2], cosine[2], 0], [0, 0, 1]])
        magnification = max(height, width) / CROP_SIZE
        center = ((0.5 + self.offset[0]) * width, (0.5 + self.offset[1]) * height)
        placed = vertices @ (turn_y @ turn_x @ turn_z).T + [0, 0, head_distance(self.scale)]
        return placed, PinholeCamera(CROP_FOCAL_LENGTH * magnification, center)


def poses() -> list[Pose]:
    """Forty-four poses: single turns, sizes, shifts out of the picture, and mixtures of everything."""
    single = [Pose()]
    single += [Pose(yaw=angle) for angle in (-1.57, -1.0, -0.5, -0.2, 0.2, 0.5, 1.0, 1.57, 3.0)]
    single += [Pose(pitch=angle) for angle in (-0.7, -0.3, 0.3, 0.7)]
    single += [Pose(roll=angle) for angle in (-1.6, -0.4, 0.4, 1.6, 3.1)]
    single += [Pose(scale=scale) for scale in (1.5, 3.0, 5.0, 12.0, 25.0)]
    single += [Pose(offset=offset) for offset in ((0.5, 0.0), (-0.5, 0.1), (0.1, 0.6), (0.0, -0.5), (0.45, 0.45))]
    rng = np.random.default_rng(20)
    low, high = [-1.6, -0.7, -0.6, 3.0, -0.3, -0.3], [1.6, 0.7, 0.6, 11.0, 0.3, 0.3]
    mixed = rng.uniform(low, high, size=(15, 6))
    return single + [Pose(yaw, pitch, roll, scale, (x, y)) for yaw, pitch, roll, scale, x, y in mixed.tolist()]
