"""View synthesis: what a portrait looks like with its head turned, by warping it along its face mesh."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Portrait:
    """One person. picture (H, W, 3) uint8 RGB; points (468, 3): the face mesh, pixels from the picture's corner, fitted
    to the upright portrait and looked over by eye.
    """

    name: str
    picture: Picture
    points: Points


def seen_from(portrait: Portrait, yaw: float, pitch: float) -> Portrait:
    """The portrait with its head turned by `yaw` and `pitch` degrees.

    The face turns as its mesh does, three rings around it follow less and less, and the picture's border stays.
    """
    if yaw == pitch == 0:
        return portrait
    points = portrait.points
    middle = points.mean(axis=0)
    a, b = np.radians([yaw, pitch])
    around_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    target = (points - middle) @ (around_x @ around_y).T + middle
    outline = cv2.convexHull(points[:, :2].astype(np.float32), returnPoints=False)[:, 0]
    moves = (target - points)[outline, :2]
    rings = [middle[:2] + (points[outline, :2] - middle[:2]) * grown for grown in (1.2, 1.5, 1.9)]
    height, width = portrait.picture.shape[:2]
    sides = np.linspace(0, 1, 9)
    edge = np.array([(u * width, v * height) for u in sides for v in sides if {u, v} & {0.0, 1.0}])
    source = np.concatenate([points[:, :2], *rings, edge])
    moved = np.concatenate(
        [target[:, :2], *(ring + moves * left for ring, left in zip(rings, (0.8, 0.45, 0.15), strict=True)), edge]
    )
    behind = np.full(len(source) - len(points), target[:, 2].max() + 1)
    kept = np.all((source >= 0) & (source <= [width, height]), axis=1)
    picture = stretched(portrait.picture, source[kept], moved[kept], np.concatenate([target[:, 2], behind])[kept])
    return Portrait(portrait.name, picture, target)


def stretched(picture: Picture, source: Points, moved: Points, depth: Points) -> Picture:
    """`picture` with each of `source` (N, 2) where `moved` (N, 2) says, the nearer over the farther."""
    triangles = Delaunay(source).simplices
    result = picture.copy()
    for triangle in triangles[np.argsort(-depth[triangles].mean(axis=1))]:
        start, end = source[triangle].astype(np.float32), moved[triangle].astype(np.float32)
        low = np.maximum(np.floor(end.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(end.max(axis=0)).astype(int) + 2, picture.shape[1::-1])
        width, height = (int(length) for length in high - low)
        if width <= 0 or height <= 0:
            continue
        matrix = cv2.getAffineTransform(start - 0.5, (end - low - 0.5).astype(np.float32))
        drawn = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(inside, np.rint((end - low - 0.5) * 16).astype(np.int32), 1, shift=4)
        cv2.copyTo(drawn, inside, result[low[1] : high[1], low[0] : high[0]])
    return result
