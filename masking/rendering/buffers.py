"""What the built-in renderer keeps from call to call: arrays that are no output, and what follows from the faces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.rendering.outline_cells import cell_counts
from masking.rendering.window import HIDDEN
from masking.rendering.wireframe import wireframe_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


class PixelBuffers:
    """Buffers of the picture's size.

    seen (H, W) int64: see NOTHING_SEEN. outline (H, W): window depth of the outline, HIDDEN where there is none.
    touched (H * W,) int32: pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self.seen = np.empty((height, width), np.int64)
        self.outline = np.empty((height, width))
        self.touched = np.empty(height * width, np.int32)
        self._cells = np.empty(cell_counts(height, width, 0))

    def without_outline(self, shift: int) -> Floats:
        """Empty `outline`; return the cells of 2 ** `shift` pixels for mark_cells, empty too."""
        rows, columns = cell_counts(*self.seen.shape, shift)
        cells = self._cells.reshape(-1)[: rows * columns].reshape(rows, columns)
        self.outline.fill(HIDDEN)
        cells.fill(HIDDEN)
        return cells


class MeshBuffers:
    """Buffers of the mesh's size. Indices are unsigned, which is faster."""

    def __init__(self, faces: Integers, given: npt.NDArray[np.integer], vertex_count: int) -> None:
        self._given = given
        self.faces = faces.view(np.uint32)
        self.wires = wireframe_of(faces)
        self.facing = np.empty(len(faces))
        self.silhouette = np.empty((2 * len(self.wires.edges), 2), np.uint32)
        self.near_half_edges = np.empty_like(self.wires.half_edges)
        self.near_numbers = np.empty_like(self.wires.numbers)
        self.pixels = np.empty((vertex_count, 2), np.uint32)
        self.depth = np.empty(vertex_count)
        self.normals = np.empty((vertex_count, 3))
        self.colors = np.empty((vertex_count, 3))

    def fits(self, faces: npt.NDArray[np.integer], vertex_count: int) -> bool:
        """Whether this mesh is of these faces: compared number by number, because arrays may change."""
        is_same_kind = faces.dtype == self._given.dtype and len(self.colors) == vertex_count
        return is_same_kind and np.array_equal(faces, self._given)
