"""The built-in renderer: shading and z-buffer compiled for the CPU, no graphics driver needed."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.rendering import Render
from masking.rendering.description import described
from masking.rendering.interpolation import barycentric_weights, paint_faces, paint_lines
from masking.rendering.outlines import TILE, draw_outline, draw_sides, make_way, sides_in_tiles, silhouette_lines
from masking.rendering.rasterizer import fill_faces
from masking.rendering.scene import checked_faces, checked_vertices
from masking.rendering.shading import LIGHT_INTENSITIES, LIGHT_POSITIONS, average_normals, light
from masking.rendering.window import HIDDEN, NOTHING_SEEN, near_and_far, place_in_window, refuse_points
from masking.rendering.wireframe import wireframe_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


class BuiltinRenderer:
    """Draws what OpenDR would. Keeps its buffers from call to call: use one in each thread."""

    def __init__(self, options: RenderingOptions) -> None:
        self.description = described("built-in rasteriser", options)
        self._overdraw = options.overdraw
        self._albedo = np.array(options.albedo)
        self._pixels = _Pixels(0, 0)
        self._mesh = _Mesh(np.empty((0, 3), np.int32), np.empty((0, 3), np.int32), 0)

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
        if not self._mesh.fits(faces, len(corners)):
            self._mesh = _Mesh(checked_faces(faces, len(corners)), np.array(faces), len(corners))
        if self._pixels.seen.shape != (height, width):
            self._pixels = _Pixels(height, width)
        mesh, pixels = self._mesh, self._pixels
        points, inverse_depth = self._place(corners, camera, height, width)
        average_normals(corners, mesh.faces, mesh.normals, mesh.facing)
        light(corners, mesh.normals, LIGHT_POSITIONS, LIGHT_INTENSITIES, self._albedo, mesh.colors)
        line_pixels, lines = self._draw(points)
        is_grey = bool((self._albedo == self._albedo[0]).all())
        image, face_id = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.int32)
        paint_faces(points, inverse_depth, mesh.colors, is_grey, mesh.faces, pixels.seen, face_id, image)
        paint_lines(points, inverse_depth, mesh.colors, mesh.faces, line_pixels, lines, face_id, image)
        weigh = partial(barycentric_weights, points, inverse_depth, mesh.faces, face_id, line_pixels, lines)
        return Render(image, face_id, weigh)

    def _place(self, vertices: Floats, camera: PinholeCamera, height: int, width: int) -> tuple[Floats, Floats]:
        """Find where `vertices` lie; return points (V, 2) and inverse depth (V,), which the Render keeps."""
        mesh, points, inverse_depth = self._mesh, np.empty((len(vertices), 2)), np.empty(len(vertices))
        focal_length, (center_u, center_v) = float(camera.focal_length), map(float, camera.center)
        near, far = near_and_far(vertices[:, 2])
        placed = mesh.snapped, mesh.pixels, mesh.depth
        if not place_in_window(
            vertices, focal_length, center_u, center_v, near, far, height, width, points, *placed, inverse_depth
        ):
            refuse_points()
        return points, inverse_depth

    def _draw(self, points: Floats) -> tuple[Integers, Integers]:
        """Find what each pixel shows. Return the pixels that show a line, (N,), and the lines."""
        pixels, mesh, depth = self._pixels, self._mesh, self._mesh.depth
        pixels.outline.fill(HIDDEN)
        count = 0
        if self._overdraw:
            count = silhouette_lines(mesh.facing, mesh.edges, mesh.edge_faces, mesh.silhouette)
            count = draw_outline(points, depth, mesh.silhouette[:count], pixels.outline, pixels.touched)
        fill_faces(points, mesh.snapped, mesh.pixels, depth, mesh.faces, pixels.seen, pixels.outline)
        outline, seen, width = pixels.outline.ravel(), pixels.seen.ravel(), pixels.seen.shape[1]
        opened = pixels.touched[: make_way(pixels.touched[:count], outline, seen, width, pixels.tiles)]
        count = sides_in_tiles(mesh.pixels, mesh.faces, pixels.tiles, mesh.near_sides) if len(opened) else 0
        draw_sides(points, depth, mesh.sides, mesh.near_sides[:count], pixels.outline, pixels.seen)
        lines = seen[opened].astype(np.int32)
        seen[opened] = NOTHING_SEEN
        return opened[lines >= 0], lines[lines >= 0]


class _Pixels:
    """Buffers of the picture's size that are not an output."""

    def __init__(self, height: int, width: int) -> None:
        self.seen = np.empty((height, width), np.int64)
        self.outline = np.empty((height, width), np.int32)
        self.touched = np.empty(height * width, np.int32)
        self.tiles = np.empty((height // TILE + 2, width // TILE + 2), np.bool_)


class _Mesh:
    """What follows from the faces alone, and buffers of the mesh's size. Its indices are unsigned, which is faster."""

    def __init__(self, faces: Integers, given: npt.NDArray[np.integer], vertex_count: int) -> None:
        wires = wireframe_of(faces)
        self._given = given
        self.faces, self.sides = faces.view(np.uint32), wires.sides.view(np.uint32)
        self.edges, self.edge_faces = wires.edges.view(np.uint32), wires.edge_faces.view(np.uint32)
        self.facing = np.empty(len(faces))
        self.silhouette = np.empty((2 * len(self.edges), 2), np.uint32)
        self.near_sides = np.empty(3 * len(faces) + 1, np.int32)
        self.snapped = np.empty((vertex_count, 2))
        self.pixels = np.empty((vertex_count, 2), np.uint32)
        self.depth = np.empty(vertex_count)
        self.normals = np.empty((vertex_count, 3))
        self.colors = np.empty((vertex_count, 3))

    def fits(self, faces: npt.NDArray[np.integer], vertex_count: int) -> bool:
        """Whether this mesh is of these faces: compared number by number, because arrays may change."""
        is_same_kind = faces.dtype == self._given.dtype and len(self.colors) == vertex_count
        return is_same_kind and np.array_equal(faces, self._given)
