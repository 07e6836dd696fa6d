"""RingNet's four panels: photo, whole mesh over the photo, mesh, and the mesh turned to the side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.reconstruction.base import Reconstruction
from masking.rendering.base import Render, Renderer

TURN = np.deg2rad(30)


def visualization(
    photo: npt.NDArray[np.uint8], reconstruction: Reconstruction, render: Render, renderer: Renderer
) -> npt.NDArray[np.uint8]:
    """The four panels side by side, (H, 4 * W, 3) uint8 RGB, of a `photo` (H, W, 3) uint8 RGB.

    The last one shows the mesh as RingNet's demo turns it: by 30 degrees about the upright axis through the mean of its
    vertices.
    """
    height, width = photo.shape[:2]
    over_photo = np.where(render.foreground[:, :, None], render.image, photo)
    turned = turned_about_mean(reconstruction.camera_vertices, TURN)
    side = renderer.render(turned, reconstruction.faces, reconstruction.camera, height, width)
    return np.hstack([photo, over_photo, render.image, side.image])


def turned_about_mean(vertices: npt.NDArray[np.float64], angle: float) -> npt.NDArray[np.float64]:
    """`vertices` (V, 3), y down, turned about the upright axis through their mean.

    As `rotated` of RingNet's util/renderer.py: each row times the matrix of a turn by `angle` radians about y, which is
    a turn by -angle.
    """
    center = vertices.mean(axis=0)
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return np.asarray((vertices - center) @ turn + center)
