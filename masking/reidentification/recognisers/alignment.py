"""The upright square that ArcFace and SFace were trained on: a similarity that lays five landmarks on a template."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.reidentification.kinds import Picture

SIDE = 112
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""The five points in a square of SIDE pixels, as insightface and OpenCV's SFace have them."""
Points = npt.NDArray[np.float64]


def similarity(source: Points, target: Points) -> tuple[Points, Points]:
    """Linear part (D, D) and shift (D,) of the similarity that takes `source` (N, D) nearest to `target` (N, D) by
    least squares (Umeyama 1991): rotation, one scale, shift; no mirroring.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred, wanted = source - source_mean, target - target_mean
    left, sizes, right = np.linalg.svd(wanted.T @ centred)
    signs = np.ones(source.shape[1])
    if np.linalg.det(left) * np.linalg.det(right) < 0:
        signs[-1] = -1
    scale = float(sizes @ signs) / max(float((centred**2).sum()), 1e-300)
    linear = scale * (left * signs) @ right
    return linear, target_mean - linear @ source_mean


def upright_square(picture: Picture, five: Points) -> Picture:
    """The square (112, 112, 3) of `picture` (H, W, 3) in which `five` landmarks (5, 2) lie on the template; black
    beyond the picture.
    """
    linear, shift = similarity(five, TEMPLATE)
    matrix = np.column_stack([linear, shift])
    return np.asarray(cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderValue=0), np.uint8)
