"""What a renderer gives, and how it is asked: mesh and camera -> Render."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from masking.geometry.camera import PinholeCamera


@dataclass(frozen=True)
class Render:
    """A mesh drawn on white.

    image (H, W, 3) uint8 RGB; 255 where nothing is drawn.
    face_id (H, W) int32: the face whose colour each pixel shows, -1 for background. On the silhouette's lines
    (overdraw), which may reach half a pixel beyond the face, it is the face that the line belongs to.
    weigh: works out `barycentric`, at its first use, since few ask for it.
    """

    image: npt.NDArray[np.uint8]
    face_id: npt.NDArray[np.int32]
    weigh: Callable[[], npt.NDArray[np.float32]] = field(repr=False)

    @cached_property
    def barycentric(self) -> npt.NDArray[np.float32]:
        """Weights (H, W, 3) of each face's three vertices, 0..1, perspective-correct; 0 for background."""
        return self.weigh()

    @property
    def foreground(self) -> npt.NDArray[np.bool_]:
        """Where the mesh is drawn, (H, W) bool."""
        return self.face_id >= 0


class Renderer(Protocol):
    """Draws meshes. `description` names it and what in it is not the default, for people."""

    description: str

    def render(
        self,
        vertices: npt.NDArray[np.floating],
        faces: npt.NDArray[np.integer],
        camera: PinholeCamera,
        height: int,
        width: int,
    ) -> Render:
        """Draw a mesh as `camera` sees it into a picture of `height` x `width` pixels.

        vertices (V, 3), metres, camera frame: x right, y down, z away. faces (F, 3).
        Raises ValueError for vertices that are not finite or not in front of the camera.
        """
        ...
