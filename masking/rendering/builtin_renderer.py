"""The built-in renderer: shading and z-buffer compiled for the CPU, no graphics driver needed."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from masking.core.config.options import RenderingOptions
from masking.geometry.camera import PinholeCamera
from masking.rendering.base import Render
from masking.rendering.buffers import MeshBuffers, PixelBuffers
from masking.rendering.description import described
from masking.rendering.interpolation import barycentric_weights, paint_faces, paint_lines
from masking.rendering.outline_cells import cell_shift, half_edges_near, mark_cells
from masking.rendering.outlines import draw_half_edges, draw_outline, line_figures, make_way, silhouette_lines
from masking.rendering.rasterizer import face_figures, fill_faces
from masking.rendering.scene import checked_faces, checked_vertices
from masking.rendering.shading import LIGHT_INTENSITIES, LIGHT_POSITIONS, average_normals, light
from masking.rendering.window import DEPTH_STEPS, NOTHING_SEEN, near_and_far, refuse_points, to_window

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


class BuiltinRenderer:
    """Draws what OpenDR would. Keeps its buffers from call to call: use one in each thread."""

    def __init__(self, options: RenderingOptions) -> None:
        self.description = described("built-in rasteriser", options)
        self._overdraw = options.overdraw
        self._albedo = np.array(options.albedo)
        self._face_figures, self._line_figures = face_figures(), line_figures()
        self._pixels = PixelBuffers(0, 0)
        self._mesh = MeshBuffers(np.empty((0, 3), np.int32), np.empty((0, 3), np.int32), 0)

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
            self._mesh = MeshBuffers(checked_faces(faces, len(corners)), np.array(faces), len(corners))
        if self._pixels.seen.shape != (height, width):
            self._pixels = PixelBuffers(height, width)
        mesh, pixels = self._mesh, self._pixels
        points, inverse_depth = self._project(corners, camera, height, width)
        average_normals(corners, mesh.faces, mesh.normals, mesh.facing)
        light(corners, mesh.normals, LIGHT_POSITIONS, LIGHT_INTENSITIES, self._albedo, mesh.colors)
        line_pixels, lines = self._draw(points)
        is_grey = bool((self._albedo == self._albedo[0]).all())
        image, face_id = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.int32)
        paint_faces(points, inverse_depth, mesh.colors, is_grey, mesh.faces, pixels.seen, face_id, image)
        paint_lines(points, inverse_depth, mesh.colors, mesh.faces, line_pixels, lines, face_id, image)
        weigh = partial(barycentric_weights, points, inverse_depth, mesh.faces, face_id, line_pixels, lines)
        return Render(image, face_id, weigh)

    def _project(self, vertices: Floats, camera: PinholeCamera, height: int, width: int) -> tuple[Floats, Floats]:
        """Find where `vertices` lie; return points (V, 2) and inverse depth (V,), which the Render keeps."""
        points, inverse_depth = np.empty((len(vertices), 2)), np.empty(len(vertices))
        focal_length, (center_u, center_v) = float(camera.focal_length), map(float, camera.center)
        near, far = near_and_far(vertices[:, 2])
        placed = points, self._mesh.pixels, self._mesh.depth, inverse_depth
        if not to_window(vertices, focal_length, center_u, center_v, near, far, height, width, *placed):
            refuse_points()
        return points, inverse_depth

    def _draw(self, points: Floats) -> tuple[Integers, Integers]:
        """Find what each pixel shows. Return the pixels that show a line, (N,), and the lines."""
        mesh, outline, seen = self._mesh, self._pixels.outline, self._pixels.seen
        shift = cell_shift(points, mesh.wires.edges)
        cells = self._pixels.without_outline(shift)
        touched = self._draw_outline(points, cells, shift) if self._overdraw else self._pixels.touched[:0]
        fill_faces(points, mesh.depth, mesh.faces, cells, shift, self._face_figures, seen, outline)
        opened = touched[: make_way(touched, outline.reshape(-1), seen.reshape(-1))]
        if len(opened):
            self._draw_half_edges(points, cells, shift)
        lines = seen.reshape(-1)[opened].astype(np.int32)
        seen.reshape(-1)[opened] = NOTHING_SEEN
        return opened[lines >= 0], lines[lines >= 0]

    def _draw_outline(self, points: Floats, cells: Floats, shift: int) -> Integers:
        """Draw the silhouette, and mark `cells`; return the pixels that it touches, (N,).

        A silhouette's edge is drawn in both directions, its half-edges in their own. Where it has but one half-edge,
        the wire frame may therefore lack a pixel of the outline, and show something farther away there.
        """
        mesh, wires, touched = self._mesh, self._mesh.wires, self._pixels.touched
        outline, count = self._pixels.outline, 0
        for is_two_way, part in ((True, slice(wires.two_way_count)), (False, slice(wires.two_way_count, None))):
            line_count = silhouette_lines(mesh.facing, wires.edges[part], wires.edge_faces[part], mesh.silhouette)
            lines, free = mesh.silhouette[:line_count], touched[count:]
            new = free[: draw_outline(points, mesh.depth, lines, self._line_figures, outline, free)]
            farthest = outline.reshape(-1)[new] if is_two_way else np.full(len(new), float(DEPTH_STEPS))
            mark_cells(new, farthest, outline.shape[1], shift, cells)
            count += len(new)
        return touched[:count]

    def _draw_half_edges(self, points: Floats, cells: Floats, shift: int) -> None:
        """Draw the wire frame into the pixels that make_way opened."""
        mesh, wires, pixels = self._mesh, self._mesh.wires, self._pixels
        found = wires.edges, wires.first_half_edge, wires.half_edges, wires.numbers
        kept = mesh.near_half_edges, mesh.near_numbers
        count = half_edges_near(points, mesh.depth, mesh.pixels, *found, cells, shift, *kept)
        near = mesh.near_half_edges[:count], mesh.near_numbers[:count]
        draw_half_edges(points, mesh.depth, *near, self._line_figures, pixels.outline, pixels.seen)
