"""The original's renderer: the real OpenDR, which draws by OpenGL in memory (OSMesa)."""

from __future__ import annotations

import ctypes
import os
import warnings
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.config.options import RenderingOptions
from masking.core.errors import MissingPackageError
from masking.geometry.camera import PinholeCamera
from masking.rendering.base import Render
from masking.rendering.description import described
from masking.rendering.interpolation import barycentric_weights
from masking.rendering.scene import checked_faces, checked_vertices
from masking.rendering.shading import LIGHT_INTENSITIES, LIGHT_POSITIONS
from masking.rendering.window import near_and_far, window_points
from masking.rendering.wireframe import half_edges_of

INSTALL_COMMAND = "bash scripts/install_opendr.sh"


class OpenDRRenderer:
    """Draws by OpenDR's ColoredRenderer, kept for the last topology and picture size: use one in each thread."""

    def __init__(self, options: RenderingOptions) -> None:
        """Raise MissingPackageError where OpenDR or the system library under it is missing."""
        load_opendr()
        self.description = described("OpenDR 0.78", options)
        self._options = options
        self._scene: _Scene | None = None

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
        if self._scene is None or not self._scene.fits(faces, len(vertices), height, width):
            if self._scene is not None:
                self._scene.close()
            self._scene = _Scene(self._options, faces, len(vertices), height, width)
        image, face_id, line_id = self._scene.draw(vertices, camera)
        line_pixels = np.flatnonzero(line_id >= 0).astype(np.int32)
        lines = line_id.ravel()[line_pixels]
        face_id = np.where(line_id >= 0, line_id // 3, face_id)
        indices = faces.view(np.uint32)
        weigh = partial(barycentric_weights, points, 1.0 / vertices[:, 2], indices, face_id, line_pixels, lines)
        return Render(image, face_id, weigh)


def load_opendr() -> None:
    """Import OpenDR so that it lives with TensorFlow, whichever was there first. Raise MissingPackageError without it.

    Both bring an LLVM of their own. Unless Mesa's library is made to look for symbols among its own dependencies
    first, it finds TensorFlow's LLVM and crashes.
    """
    try:
        ctypes.CDLL("libOSMesa.so.8", mode=os.RTLD_NOW | getattr(os, "RTLD_DEEPBIND", 0))
        with warnings.catch_warnings():
            # OpenDR and chumpy are as old as their ways of importing; nobody who runs this can fix that.
            warnings.simplefilter("ignore")
            import opendr.renderer  # noqa: F401
    except (ImportError, OSError) as error:
        raise MissingPackageError("opendr", f"Install it with: {INSTALL_COMMAND} ({error})") from error


class _Scene:
    """OpenDR's renderer for one topology and picture size: only vertices and camera change from picture to picture."""

    def __init__(
        self, options: RenderingOptions, faces: npt.NDArray[np.int32], vertex_count: int, height: int, width: int
    ) -> None:
        import chumpy
        from opendr.camera import ProjectPoints
        from opendr.renderer import ColoredRenderer

        self._faces = faces
        self._half_edges = half_edges_of(faces)
        self._face_colors = _number_colors(len(faces), corners=3)
        self._side_colors = _number_colors(len(self._half_edges), corners=2)
        self._vertices = chumpy.array(np.zeros((vertex_count, 3)))
        still = {"rt": np.zeros(3), "t": np.zeros(3), "k": np.zeros(5)}
        self._camera = ProjectPoints(v=self._vertices, f=np.ones(2), c=np.zeros(2), **still)
        # OpenDR makes new OpenGL contexts for a new frustum; it need not know that this one's planes move.
        self._frustum = {"near": 1.0, "far": 2.0, "width": width, "height": height}
        self._renderer = ColoredRenderer()
        self._renderer.camera = self._camera
        self._renderer.set(frustum=self._frustum, f=faces, bgcolor=np.ones(3), num_channels=3)
        self._overdraw = options.overdraw
        self._renderer.vc = _lights(self._vertices, faces, vertex_count, options.albedo)

    def fits(self, faces: npt.NDArray[np.int32], vertex_count: int, height: int, width: int) -> bool:
        """Whether this scene can draw a mesh of these faces into a picture of this size."""
        size = (self._frustum["height"], self._frustum["width"])
        return size == (height, width) and len(self._vertices) == vertex_count and np.array_equal(self._faces, faces)

    def draw(
        self, vertices: npt.NDArray[np.float64], camera: PinholeCamera
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """OpenDR's picture (H, W, 3), the face filled in at each pixel (H, W) and the line over it (H, W), or -1."""
        self._frustum["near"], self._frustum["far"] = near_and_far(vertices[:, 2])
        self._vertices[:] = vertices
        self._camera.f = np.full(2, camera.focal_length)
        self._camera.c = np.array(camera.center, np.float64)
        renderer = self._renderer
        renderer.overdraw = self._overdraw and self._has_silhouette(vertices)
        image = np.rint(renderer.r * 255.0).astype(np.uint8)
        face_id = self._numbers("GL_TRIANGLES", vertices[self._faces.ravel()], self._face_colors)
        if not renderer.overdraw:
            return image, face_id, np.full_like(face_id, -1)
        is_outline = renderer.boundarybool_image.astype(bool)
        line_id = self._numbers("GL_LINES", vertices[self._half_edges.ravel()], self._side_colors)
        return image, np.where(is_outline, -1, face_id), np.where(is_outline, line_id, -1)

    def _has_silhouette(self, vertices: npt.NDArray[np.float64]) -> bool:
        """Whether there is an edge to draw once more. On NumPy 2 OpenDR can't say so itself: 2**32 - 1 is no int32."""
        from opendr.renderer import compute_vpe_boundary_idxs

        edges, _ = compute_vpe_boundary_idxs(vertices, self._faces, self._camera, self._renderer.fpe)
        return len(edges) > 0

    def _numbers(
        self, primitive: str, corners: npt.NDArray[np.float64], colors: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.int32]:
        """Draw triangles or lines, each in a colour that is its number; read the numbers back (H, W), -1 for none."""
        from opendr.contexts import _constants

        context = self._renderer.glb
        context.Clear(_constants.GL_COLOR_BUFFER_BIT | _constants.GL_DEPTH_BUFFER_BIT)
        context.EnableClientState(_constants.GL_VERTEX_ARRAY)
        context.EnableClientState(_constants.GL_COLOR_ARRAY)
        context.VertexPointer(corners)
        context.ColorPointerub(colors)
        context.DrawElements(getattr(_constants, primitive), np.arange(len(corners), dtype=np.uint32))
        red, green, blue = np.moveaxis(context.getImage().astype(np.int32), 2, 0)
        numbers: npt.NDArray[np.int32] = red + green * 256 + blue * 65536 - 1
        return numbers

    def close(self) -> None:
        """Free the OpenGL contexts now. OpenDR's objects refer to one another, so they would stay for a while."""
        self._renderer.glf = self._renderer.glb = None


def _lights(vertices: Any, faces: npt.NDArray[np.int32], vertex_count: int, albedo: tuple[float, float, float]) -> Any:
    """OpenDR's vertex colours, which follow its `vertices`."""
    from opendr.lighting import LambertianPointLight

    surface = np.tile(np.array(albedo), (vertex_count, 1))
    return sum(
        LambertianPointLight(
            f=faces,
            v=vertices,
            num_verts=vertex_count,
            light_pos=position,
            vc=surface,
            light_color=np.full(3, intensity),
        )
        for position, intensity in zip(LIGHT_POSITIONS, LIGHT_INTENSITIES, strict=True)
    )


def _number_colors(count: int, corners: int) -> npt.NDArray[np.uint8]:
    """Colours (count * corners, 3) of numbered primitives; 0 is kept for the background."""
    numbers = np.repeat(np.arange(1, count + 1), corners)
    return np.column_stack([numbers & 255, numbers >> 8 & 255, numbers >> 16 & 255]).astype(np.uint8)
