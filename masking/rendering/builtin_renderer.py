"""The built-in renderer: shading and z-buffer compiled for the CPU, no graphics driver needed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.rendering import Render
from masking.rendering.description import described
from masking.rendering.interpolation import interpolate
from masking.rendering.outlines import TILE, draw_lines, make_way, sides_in_tiles, silhouette_lines
from masking.rendering.rasterizer import fill_faces
from masking.rendering.scene import checked_faces, checked_vertices
from masking.rendering.shading import LIGHT_INTENSITIES, LIGHT_POSITIONS, average_normals, light
from masking.rendering.window import FARTHEST, snapped_points, window_depth, window_points
from masking.rendering.wireframe import wireframe_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]

NO_PIXELS = np.empty((0, 0), np.int32)


class BuiltinRenderer:
    """Draws what OpenDR would. Keeps its buffers from call to call: use one in each thread."""

    def __init__(self, options: RenderingOptions) -> None:
        self.description = described("built-in rasteriser", options)
        self._overdraw = options.overdraw
        self._albedo = np.array(options.albedo)
        self._pixels = _Pixels(0, 0)
        self._mesh = _Mesh(np.empty((0, 3), np.int32), 0)

    def render(
        self,
        vertices: npt.NDArray[np.floating],
        faces: npt.NDArray[np.integer],
        camera: PinholeCamera,
        height: int,
        width: int,
    ) -> Render:
        """Draw a mesh: see masking.rendering.Renderer."""
        corners = checked_vertices(vertices)
        triangles = checked_faces(faces, len(corners))
        points = window_points(corners, camera)
        depth = window_depth(corners[:, 2])
        if self._pixels.nearest.shape != (height, width):
            self._pixels = _Pixels(height, width)
        if len(self._mesh.colors) != len(corners) or not np.array_equal(self._mesh.faces, triangles):
            self._mesh = _Mesh(triangles, len(corners))
        face_id = np.full((height, width), -1, np.int32)
        line_id = self._draw(corners, points, depth, face_id)
        mesh = self._mesh
        average_normals(corners, triangles, mesh.normals)
        light(corners, mesh.normals, LIGHT_POSITIONS, LIGHT_INTENSITIES, self._albedo, mesh.colors)
        image = np.full((height, width, 3), 255, np.uint8)
        barycentric = np.zeros((height, width, 3), np.float32)
        interpolate(points, 1.0 / corners[:, 2], mesh.colors, triangles, face_id, line_id, barycentric, image)
        return Render(image, face_id, barycentric)

    def _draw(self, vertices: Floats, points: Floats, depth: Floats, face_id: Integers) -> Integers:
        """Find the face seen at each pixel; return the line drawn over it, (H, W) or empty without overdraw."""
        pixels, mesh, faces = self._pixels, self._mesh, self._mesh.faces
        snapped = snapped_points(points)
        pixels.nearest.fill(FARTHEST)
        if not self._overdraw:
            fill_faces(points, snapped, depth, faces, pixels.nearest, face_id, NO_PIXELS)
            return NO_PIXELS
        wires = mesh.wireframe
        count = silhouette_lines(vertices, faces, wires.edges, wires.edge_faces, mesh.facing, mesh.silhouette)
        pixels.outline.fill(FARTHEST)
        draw_lines(points, depth, mesh.silhouette, mesh.all_lines[:count], pixels.outline, pixels.line_id)
        fill_faces(points, snapped, depth, faces, pixels.nearest, face_id, pixels.outline)
        make_way(pixels.outline, face_id, pixels.line_id, pixels.tiles)
        count = sides_in_tiles(points, faces, pixels.tiles, mesh.vertex_tiles, mesh.near_sides)
        draw_lines(points, depth, wires.sides, mesh.near_sides[:count], pixels.outline, pixels.line_id)
        return pixels.line_id


class _Pixels:
    """Buffers of the picture's size that are not an output."""

    def __init__(self, height: int, width: int) -> None:
        self.nearest = np.empty((height, width), np.int32)
        self.outline = np.empty((height, width), np.int32)
        self.line_id = np.empty((height, width), np.int32)
        self.tiles = np.empty((height // TILE + 1, width // TILE + 1), np.bool_)


class _Mesh:
    """What follows from the faces alone, and buffers of the mesh's size."""

    def __init__(self, faces: Integers, vertex_count: int) -> None:
        self.faces = faces
        self.wireframe = wireframe_of(faces)
        self.facing = np.empty(len(faces))
        self.silhouette = np.empty((2 * len(self.wireframe.edges), 2), np.int32)
        self.all_lines = np.arange(len(self.silhouette), dtype=np.int32)
        self.near_sides = np.empty(3 * len(faces), np.int32)
        self.vertex_tiles = np.empty((vertex_count, 2), np.int32)
        self.normals = np.empty((vertex_count, 3))
        self.colors = np.empty((vertex_count, 3))
