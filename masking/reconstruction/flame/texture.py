"""The photo as a texture of the mesh, and the files that a textured mesh is made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.geometry.camera import PinholeCamera
from masking.reconstruction.flame.texture_data import TextureData

# Within one pixel a surface's depth changes by its slope, and a z-buffer knows it at the pixel's centre alone.
_MAX_SLOPE = 8.0
_MIN_FACING = 1e-3


def depth_map(
    face_id: npt.NDArray[np.int32],
    barycentric: npt.NDArray[np.float32],
    vertices: npt.NDArray[np.float64],
    faces: npt.NDArray[np.int32],
) -> npt.NDArray[np.float64]:
    """Return the depth (H, W), metres, of what a picture of a mesh shows at each pixel; -inf where it shows nothing.

    face_id (H, W): the triangle seen, -1 for none. barycentric (H, W, 3): its corners' weights.
    vertices (V, 3), metres, camera frame. faces (F, 3).
    """
    corner_depths = vertices[:, 2][faces[np.maximum(face_id, 0)]]
    return np.where(face_id >= 0, (corner_depths * barycentric).sum(axis=2), -np.inf)


def texture_from_photo(
    photo: npt.NDArray[np.uint8],
    vertices: npt.NDArray[np.float64],
    faces: npt.NDArray[np.int32],
    camera: PinholeCamera,
    depth: npt.NDArray[np.float64],
    data: TextureData,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Copy the photo's colours onto the mesh's texture: texture (S, S, 3) uint8 and where it was seen (S, S) bool.

    photo (H, W, 3) uint8 RGB. vertices (V, 3), metres, camera frame. faces (F, 3). depth (H, W), as of `depth_map`.
    A texel takes the colour of the pixel that its point falls on, and stays black where its surface is turned away,
    where the point lies outside the photo or on its first row or column, or where something nearer hides it: where it
    lies deeper than the z-buffer by more than its surface can within that pixel.
    """
    points = _mix(vertices, data)
    normals = _mix(vertex_normals(vertices, faces), data)
    pixels = np.rint(camera.project(points)).astype(np.int64)
    height, width = photo.shape[:2]
    columns, rows = pixels.T
    # As RingNet's demo, which takes nothing from the photo's first row and column.
    in_photo = (columns > 0) & (columns < width) & (rows > 0) & (rows < height)
    columns, rows = np.where(in_photo, columns, 0), np.where(in_photo, rows, 0)

    facing = -normals[:, 2] / np.maximum(np.linalg.norm(normals, axis=1), np.finfo(float).tiny)
    slope = np.sqrt(1 - np.minimum(facing, 1) ** 2) / np.maximum(facing, _MIN_FACING)
    pixel_size = points[:, 2] / camera.focal_length
    allowance = pixel_size * (0.5 + np.minimum(slope, _MAX_SLOPE))
    seen = in_photo & (facing >= 0) & (points[:, 2] <= depth[rows, columns] + allowance)

    texture = np.zeros((data.size, data.size, 3), np.uint8)
    mask = np.zeros((data.size, data.size), bool)
    texture[data.rows[seen], data.columns[seen]] = photo[rows[seen], columns[seen]]
    mask[data.rows[seen], data.columns[seen]] = True
    return texture, mask


def vertex_normals(vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Sum the cross products of the triangles around each vertex: normals (V, 3), not of unit length."""
    corners = vertices[faces]
    of_faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    weights = np.repeat(of_faces, 3, axis=0)
    sums = [np.bincount(faces.ravel(), weights[:, axis], len(vertices)) for axis in range(3)]
    return np.stack(sums, axis=1)


def _mix(values: npt.NDArray[np.float64], data: TextureData) -> npt.NDArray[np.float64]:
    mixed: npt.NDArray[np.float64] = np.einsum("nk,nkd->nd", data.weights, values[data.corners])
    return mixed


def textured_obj_bytes(
    vertices: npt.NDArray[np.floating], faces: npt.NDArray[np.integer], data: TextureData, material_file: str
) -> bytes:
    """Return a Wavefront .obj of vertices (V, 3), in the frame that they are given in, that names `material_file`.

    Raises ValueError for a file name of more than one line.
    """
    lines = [f"mtllib {_one_line(material_file)}\n"]
    lines += ["v {:.6f} {:.6f} {:.6f}\n".format(*vertex) for vertex in np.asarray(vertices).tolist()]
    lines += ["vt {:.6f} {:.6f}\n".format(*corner) for corner in data.texture_vertices.tolist()]
    lines.append("usemtl photo\n")
    pairs = np.stack([faces, data.texture_faces], axis=2).reshape(-1, 6) + 1
    lines += ["f {}/{} {}/{} {}/{}\n".format(*pair) for pair in pairs.tolist()]
    return "".join(lines).encode()


def material_bytes(texture_file: str) -> bytes:
    """Return the .mtl that lays `texture_file` on the mesh, unlit. Raises as `textured_obj_bytes`."""
    return f"newmtl photo\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nillum 0\nmap_Kd {_one_line(texture_file)}\n".encode()


def _one_line(name: str) -> str:
    if len(name.splitlines()) != 1:
        raise ValueError(f"{name!r} can't be named in a .obj or .mtl file")
    return name
