"""The built-in renderer: shading and z-buffer compiled for the CPU, no graphics driver needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.rendering import Render
from masking.rendering.description import described
from masking.rendering.interpolation import interpolate
from masking.rendering.outlines import TILE, draw_lines, lines_in_tiles, make_way, silhouette_lines
from masking.rendering.rasterizer import fill_faces
from masking.rendering.scene import checked_faces, checked_vertices
from masking.rendering.shading import vertex_colors
from masking.rendering.window import FARTHEST, window_depth, window_points
from masking.rendering.wireframe import Wireframe, wireframe_of

Integers = npt.NDArray[np.int32]


class BuiltinRenderer:
    """Draws what OpenDR would. Keeps its buffers from call to call: use one in each thread."""

    def __init__(self, options: RenderingOptions) -> None:
        self.description = described("built-in rasteriser", options)
        self._albedo = options.albedo
        self._overdraw = options.overdraw
        self._buffers = _Buffers(0, 0)
        self._scratch: _Scratch | None = None

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
        points = window_points(vertices, camera)
        depth = window_depth(vertices[:, 2])
        if self._buffers.nearest.shape != (height, width):
            self._buffers = _Buffers(height, width)
        face_id = np.full((height, width), -1, np.int32)
        if self._overdraw:
            self._fill_and_outline(vertices, faces, points, depth, face_id)
        else:
            self._buffers.nearest.fill(FARTHEST)
            fill_faces(points, depth, faces, self._buffers.nearest, face_id, NO_PIXELS)
        line_id = self._buffers.line_id if self._overdraw else NO_PIXELS
        image = np.empty((height, width, 3), np.uint8)
        barycentric = np.empty((height, width, 3), np.float32)
        colors = vertex_colors(vertices, faces, self._albedo)
        interpolate(points, 1.0 / vertices[:, 2], colors, faces, face_id, line_id, barycentric, image)
        return Render(image, face_id, barycentric)

    def _fill_and_outline(
        self,
        vertices: npt.NDArray[np.float64],
        faces: Integers,
        points: npt.NDArray[np.float64],
        depth: npt.NDArray[np.float64],
        face_id: Integers,
    ) -> None:
        buffers = self._buffers
        if self._scratch is None or not np.array_equal(self._scratch.wireframe.faces, faces):
            self._scratch = _Scratch(wireframe_of(faces))
        scratch, wireframe = self._scratch, self._scratch.wireframe
        count = silhouette_lines(
            vertices, faces, wireframe.edges, wireframe.edge_faces, scratch.facing, scratch.silhouette
        )
        buffers.nearest.fill(FARTHEST)
        buffers.outline.fill(FARTHEST)
        draw_lines(points, depth, scratch.silhouette, scratch.all_lines[:count], buffers.outline, buffers.line_id)
        fill_faces(points, depth, faces, buffers.nearest, face_id, buffers.outline)
        make_way(buffers.outline, face_id, buffers.line_id, buffers.tiles)
        count = lines_in_tiles(points, wireframe.sides, buffers.tiles, scratch.some_lines)
        draw_lines(points, depth, wireframe.sides, scratch.some_lines[:count], buffers.outline, buffers.line_id)


NO_PIXELS = np.empty((0, 0), np.int32)


class _Buffers:
    """Pixels that are not an output."""

    def __init__(self, height: int, width: int) -> None:
        self.nearest = np.empty((height, width), np.int32)
        self.outline = np.empty((height, width), np.int32)
        self.line_id = np.empty((height, width), np.int32)
        self.tiles = np.empty((height // TILE + 1, width // TILE + 1), np.bool_)


class _Scratch:
    """What depends on the faces alone, and room for what is worked out for each mesh."""

    def __init__(self, wireframe: Wireframe) -> None:
        self.wireframe = wireframe
        self.facing = np.empty(len(wireframe.faces))
        self.silhouette = np.empty((2 * len(wireframe.edges), 2), np.int32)
        self.all_lines = np.arange(len(self.silhouette), dtype=np.int32)
        self.some_lines = np.empty(len(wireframe.sides), np.int32)
