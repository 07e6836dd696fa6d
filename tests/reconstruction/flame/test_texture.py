from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import trimesh

from masking.dataset.png import encode_png
from masking.geometry.camera import PinholeCamera
from masking.reconstruction.flame.texture import (
    depth_map,
    material_bytes,
    texture_from_photo,
    textured_obj_bytes,
    vertex_normals,
)
from masking.reconstruction.flame.texture_data import TextureData, unwrap

SIZE = 32
CAMERA = PinholeCamera(1000.0, (50.0, 50.0))
PHOTO = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
SQUARE = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
# Wound as seen from the viewer at -z with y down: clockwise on the screen, normals towards the viewer.
TOWARDS_VIEWER = np.array([[0, 2, 1], [0, 3, 2]], np.int32)


def square(depth: float, half_size: float, center: tuple[float, float] = (0, 0)) -> npt.NDArray[np.float64]:
    corners = SQUARE * half_size + center
    return np.column_stack([corners, np.full(4, depth)])


def unwrapped(faces: npt.NDArray[np.int32]) -> TextureData:
    """The first square fills the texture, its first corner at the top left."""
    corners = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], float)
    hidden = np.full((4 * (faces.max() // 4), 2), -1.0)
    return unwrap(np.vstack([corners, hidden]), faces, faces, SIZE)


def flat_depth(value: float) -> npt.NDArray[np.float64]:
    return np.full((100, 100), value)


def test_each_texel_of_a_square_seen_straight_on_has_the_colour_it_falls_on() -> None:
    vertices = square(10, 0.4)
    texture, seen = texture_from_photo(
        PHOTO, vertices, TOWARDS_VIEWER, CAMERA, flat_depth(10), unwrapped(TOWARDS_VIEWER)
    )
    assert seen.all()
    # The square spans 80 pixels, from 10 to 90.
    centers = np.rint(10 + (np.arange(SIZE) + 0.5) * 80 / SIZE).astype(int)
    np.testing.assert_array_equal(texture, PHOTO[centers][:, centers])


def test_nothing_is_taken_from_the_photos_first_row_and_column_as_in_the_demo() -> None:
    # Pixels 0 to 64: the first texel falls on 1, and half a texel more to the left on 0.
    for shift, first_is_seen in ((0.0, True), (-0.01, False)):
        vertices = square(10, 0.32, (-0.18 + shift, -0.18 + shift))
        _, seen = texture_from_photo(PHOTO, vertices, TOWARDS_VIEWER, CAMERA, flat_depth(10), unwrapped(TOWARDS_VIEWER))
        assert seen[0].any() == seen[:, 0].any() == first_is_seen
        assert seen[1:, 1:].all()


def test_a_square_turned_away_is_not_seen() -> None:
    faces = TOWARDS_VIEWER[:, ::-1].copy()
    texture, seen = texture_from_photo(PHOTO, square(10, 0.4), faces, CAMERA, flat_depth(10), unwrapped(faces))
    assert not seen.any()
    assert not texture.any()


def test_what_something_nearer_hides_is_not_seen_although_it_faces_the_viewer() -> None:
    """A small square before a big one: its shadow on the big one's texture is what the z-buffer says."""
    vertices = np.vstack([square(10, 0.4), square(9, 0.18)])
    faces = np.vstack([TOWARDS_VIEWER, TOWARDS_VIEWER + 4]).astype(np.int32)
    depth = flat_depth(10)
    depth[30:71, 30:71] = 9
    _, seen = texture_from_photo(PHOTO, vertices, faces, CAMERA, depth, unwrapped(faces))
    pixels = np.rint(10 + (np.arange(SIZE) + 0.5) * 80 / SIZE)
    behind = (pixels >= 30) & (pixels <= 70)
    np.testing.assert_array_equal(seen, ~(behind[:, None] & behind[None, :]))
    assert 0 < seen.sum() < SIZE * SIZE


def test_a_steep_surface_does_not_hide_itself() -> None:
    """Depth known at pixel centres only must not let a slope of 70 degrees shade itself."""
    vertices = square(0, 0.4)
    vertices[:, 2] = 10 + np.tan(np.radians(70)) * vertices[:, 0]
    columns = (np.arange(100) - 50) / 1000
    slope = np.tan(np.radians(70))
    depth = np.broadcast_to(10 / (1 - slope * columns), (100, 100))
    _, seen = texture_from_photo(PHOTO, vertices, TOWARDS_VIEWER, CAMERA, depth, unwrapped(TOWARDS_VIEWER))
    assert seen.all()


def test_background_gives_no_colour() -> None:
    _, seen = texture_from_photo(
        PHOTO, square(10, 0.4), TOWARDS_VIEWER, CAMERA, flat_depth(-np.inf), unwrapped(TOWARDS_VIEWER)
    )
    assert not seen.any()


def test_what_lies_outside_the_photo_is_not_seen() -> None:
    _, seen = texture_from_photo(
        PHOTO, square(10, 0.4, (0.5, 0)), TOWARDS_VIEWER, CAMERA, flat_depth(10), unwrapped(TOWARDS_VIEWER)
    )
    columns = np.rint(60 + (np.arange(SIZE) + 0.5) * 80 / SIZE)
    np.testing.assert_array_equal(seen, np.broadcast_to(columns < 100, (SIZE, SIZE)))


def test_depth_is_mixed_from_the_corners_of_the_triangle_seen() -> None:
    vertices = np.array([[0, 0, 1.0], [0, 0, 2], [0, 0, 4]])
    faces = np.array([[0, 1, 2]], np.int32)
    barycentric = np.array([[[0.5, 0.25, 0.25], [0, 0, 0]]], np.float32)
    depth = depth_map(np.array([[0, -1]], np.int32), barycentric, vertices, faces)
    assert depth.tolist() == [[2.0, -np.inf]]


def test_normals_point_out_and_weigh_triangles_by_area() -> None:
    normals = vertex_normals(square(10, 0.5), TOWARDS_VIEWER)
    np.testing.assert_allclose(normals[:, :2], 0)
    np.testing.assert_allclose(normals[:, 2], [-2, -1, -2, -1])


def test_the_textured_mesh_opens_with_its_colours(tmp_path: Path) -> None:
    data = unwrapped(TOWARDS_VIEWER)
    vertices = square(10, 0.4)
    (tmp_path / "x.obj").write_bytes(textured_obj_bytes(vertices, TOWARDS_VIEWER, data, "x.mtl"))
    (tmp_path / "x.mtl").write_bytes(material_bytes("x.png"))
    picture = PHOTO[:SIZE, :SIZE]
    (tmp_path / "x.png").write_bytes(encode_png(picture))
    mesh = trimesh.load(tmp_path / "x.obj", process=False)
    np.testing.assert_allclose(np.asarray(mesh.triangles), vertices[TOWARDS_VIEWER])
    np.testing.assert_allclose(np.asarray(mesh.visual.uv)[mesh.faces], data.texture_vertices[TOWARDS_VIEWER])
    np.testing.assert_array_equal(np.asarray(mesh.visual.material.image.convert("RGB")), picture)


def test_a_file_name_of_several_lines_can_not_smuggle_lines_into_the_mesh() -> None:
    with pytest.raises(ValueError, match="can't be named"):
        material_bytes("a.png\nmap_Ka /etc/passwd")
