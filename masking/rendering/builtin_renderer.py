"""The built-in renderer: shading and z-buffer compiled for the CPU, no graphics driver needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.rendering import Render
from masking.rendering.rasterizer import FARTHEST, fill_faces, resolve, window_depth
from masking.rendering.scene import checked_faces, checked_points, checked_vertices
from masking.rendering.shading import vertex_colors


class BuiltinRenderer:
    """Draws as OpenDR would. Keeps its depth buffer from call to call, so use one in each thread."""

    def __init__(self, options: RenderingOptions) -> None:
        self.description = "built-in rasteriser"
        self._nearest = np.empty((0, 0), np.int32)

    def render(
        self,
        vertices: npt.NDArray[np.floating],
        faces: npt.NDArray[np.integer],
        camera: PinholeCamera,
        height: int,
        width: int,
    ) -> Render:
        """Draw a mesh: see masking.rendering.Renderer."""
        vertices = checked_vertices(vertices)
        faces = checked_faces(faces, len(vertices))
        points = checked_points(camera.project(vertices))
        if self._nearest.shape != (height, width):
            self._nearest = np.empty((height, width), np.int32)
        self._nearest.fill(FARTHEST)
        face_id = np.full((height, width), -1, np.int32)
        barycentric = np.empty((height, width, 3), np.float32)
        image = np.empty((height, width, 3), np.uint8)
        fill_faces(points, window_depth(vertices[:, 2]), faces, self._nearest, face_id)
        colors = vertex_colors(vertices, faces)
        resolve(points, 1.0 / vertices[:, 2], colors, faces, face_id, barycentric, image)
        return Render(image, face_id, barycentric)
