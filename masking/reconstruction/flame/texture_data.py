"""Which texel shows which point of a mesh: FLAME's `texture_data_512.npy`, or the same for any unwrapped mesh."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.downloads import FoundFile, read_found
from masking.core.errors import ModelFileError
from masking.reconstruction.flame.pickle_limits import RefusedPickleError
from masking.reconstruction.flame.unpickling import unpickle_arrays
from masking.reconstruction.wanted_files import TEXTURE_DATA_FILE

MAX_SIZE = 8192


@dataclass(frozen=True)
class TextureData:
    """The texels of a square texture that show the mesh, and how its triangles lie in it.

    size: the texture's side in texels. rows, columns (N,) int64: where each of N texels lies.
    corners (N, 3) int64: the vertices of the triangle that it shows. weights (N, 3) float64: its barycentric weights.
    texture_vertices (T, 2) float64: corners in the texture, u to the right and v up, 0..1.
    texture_faces (F, 3) int32: the mesh's triangles as indices into them.
    """

    size: int
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    corners: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    texture_vertices: npt.NDArray[np.float64]
    texture_faces: npt.NDArray[np.int32]


def load_texture_data(file: FoundFile, faces: npt.NDArray[np.int32]) -> TextureData:
    """Read FLAME's texture data, of any size, for a mesh of triangles `faces` (F, 3).

    Raises ModelFileError if the file is missing, damaged, holds code, or is of another mesh.
    """
    data = read_found(file, TEXTURE_DATA_FILE)
    try:
        return texture_data_of(read_npy_dict(data), faces)
    except RefusedPickleError as error:
        remedy = TEXTURE_DATA_FILE.download.remedy(file.path.parent)
        raise ModelFileError(str(file), f"was not read: {error}", remedy) from error


def read_npy_dict(data: bytes) -> dict[str, Any]:
    """Return the dict of arrays that `numpy.save` wrote. Raises RefusedPickleError for anything else."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, data_type = readers[version](file)
    except Exception as error:
        # NumPy evaluates the header as Python text, and lets through whatever that text's tokenizer and parser raise.
        raise RefusedPickleError(f"it is not a .npy file: {error}") from error
    if not data_type.hasobject or shape != ():
        raise RefusedPickleError(f"it holds an array of {data_type} and shape {shape}, not a dict")
    content = unpickle_arrays(data[file.tell() :], allow_object_scalar=True)
    if not isinstance(content, dict):
        raise RefusedPickleError("it holds no dict")
    return content


def texture_data_of(content: dict[str, Any], faces: npt.NDArray[np.int32]) -> TextureData:
    """The texture data in FLAME's file's `content`. Raises RefusedPickleError where they do not fit `faces` (F, 3)."""
    size = content.get("img_size")
    if not isinstance(size, (int, np.integer)) or not 1 <= size <= MAX_SIZE:
        raise RefusedPickleError(f"img_size is {str(size)[:20]}, not a number of texels")
    columns, rows = (_numbers(content, key, (None,)) for key in ("x_coords", "y_coords"))
    texels = _numbers(content, "valid_pixel_ids", (None,))
    corners = _numbers(content, "valid_pixel_3d_faces", (len(texels), 3))
    weights = _numbers(content, "valid_pixel_b_coords", (len(texels), 3))
    texture_vertices = _numbers(content, "vt", (None, 2))
    texture_faces = _numbers(content, "ft", faces.shape)
    _check_range("valid_pixel_ids", texels, min(len(columns), len(rows)))
    columns, rows = (coordinates[texels.astype(np.int64)] for coordinates in (columns, rows))
    _check_range("x_coords", columns, int(size))
    _check_range("y_coords", rows, int(size))
    _check_range("valid_pixel_3d_faces", corners, int(faces.max()) + 1)
    _check_range("ft", texture_faces, len(texture_vertices))
    return TextureData(
        int(size),
        rows.astype(np.int64),
        columns.astype(np.int64),
        corners.astype(np.int64),
        weights.astype(np.float64),
        texture_vertices.astype(np.float64),
        texture_faces.astype(np.int32),
    )


def _numbers(content: dict[str, Any], key: str, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    values = content.get(key)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise RefusedPickleError(f"it has no array {key} of finite numbers")
    # The published file has its lists of numbers as columns, (N, 1), in places.
    if len(shape) == 1 and values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    fits = [wanted is None or size == wanted for size, wanted in zip(values.shape, shape, strict=False)]
    if values.ndim != len(shape) or not all(fits):
        raise RefusedPickleError(f"{key} has the shape {values.shape}, not that of this mesh")
    return values


def _check_range(key: str, values: npt.NDArray[Any], end: int) -> None:
    if len(values) and not (values.min() >= 0 and values.max() < end):
        raise RefusedPickleError(f"{key} leaves the range 0 to {end - 1}")


def unwrap(
    texture_vertices: npt.NDArray[np.floating],
    texture_faces: npt.NDArray[np.integer],
    faces: npt.NDArray[np.integer],
    size: int,
) -> TextureData:
    """Find the texels of a `size` x `size` texture whose centres lie in a triangle, for a mesh without such data.

    texture_vertices (T, 2): u to the right, v up, 0..1. texture_faces and faces (F, 3): the same triangles in the
    texture and in the mesh. Where triangles overlap in the texture, the last one wins.
    """
    points = np.asarray(texture_vertices, np.float64)[np.asarray(texture_faces)] * [size, -size] + [-0.5, size - 0.5]
    low = np.maximum(np.ceil(points.min(axis=1)).astype(np.int64), 0)
    high = np.minimum(np.floor(points.max(axis=1)).astype(np.int64), size - 1)
    extent = np.maximum(high - low + 1, 0)
    counts = extent[:, 0] * extent[:, 1]
    face = np.repeat(np.arange(len(points)), counts)
    step = np.arange(len(face)) - np.repeat(np.cumsum(counts) - counts, counts)
    width = np.maximum(extent[face, 0], 1)
    columns, rows = low[face, 0] + step % width, low[face, 1] + step // width
    weights = _barycentric(points[face], np.stack([columns, rows], axis=1))
    # Texels on an edge belong to both triangles; rounding must not leave them to neither.
    inside = (weights >= -1e-9).all(axis=1)
    face, rows, columns, weights = face[inside], rows[inside], columns[inside], weights[inside]
    last = len(face) - 1 - np.unique((rows * size + columns)[::-1], return_index=True)[1]
    corners = np.asarray(faces, np.int64)[face[last]]
    vertices, triangles = np.asarray(texture_vertices, np.float64), np.asarray(texture_faces, np.int32)
    return TextureData(size, rows[last], columns[last], corners, weights[last], vertices, triangles)


def _barycentric(triangles: npt.NDArray[np.float64], points: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Weights (N, 3) of points (N, 2) in triangles (N, 3, 2); -1 for triangles without area."""
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    offset = points - triangles[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    has_area = area != 0
    safe_area = np.where(has_area, area, 1)
    along_first = (offset[:, 0] * second[:, 1] - offset[:, 1] * second[:, 0]) / safe_area
    along_second = (first[:, 0] * offset[:, 1] - first[:, 1] * offset[:, 0]) / safe_area
    weights = np.stack([1 - along_first - along_second, along_first, along_second], axis=1)
    return np.where(has_area[:, None], weights, -1.0)
