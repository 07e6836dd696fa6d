"""The pixel rules of filled faces, one by one; the silhouette is not drawn again here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masking.geometry.camera import PinholeCamera

QUAD = [(0, 1, 2), (0, 2, 3)]


def square(left, top, right, bottom, z=10.0):
    return [(left, top, z), (right, top, z), (right, bottom, z), (left, bottom, z)]


def rows_and_columns(render):
    rows, columns = np.nonzero(render.foreground)
    return (rows.min(), rows.max() + 1), (columns.min(), columns.max() + 1)


def test_an_integer_coordinate_is_a_pixels_centre(draw):
    render = draw(square(1.5, 2.5, 3.5, 5.5), QUAD)
    assert rows_and_columns(render) == ((3, 6), (2, 4))
    assert render.foreground.sum() == 6


def test_left_and_top_edges_belong_to_a_face_and_right_and_bottom_edges_do_not(draw):
    render = draw(square(2, 3, 5, 7), QUAD)
    assert rows_and_columns(render) == ((3, 7), (2, 5))


def test_two_faces_share_an_edge_without_gap_or_double_pixel(draw):
    together = draw(square(1, 1, 9, 9), QUAD)
    upper = draw(square(1, 1, 9, 9), QUAD[:1]).foreground
    lower = draw(square(1, 1, 9, 9), QUAD[1:]).foreground
    assert not (upper & lower).any()
    np.testing.assert_array_equal(together.foreground, upper | lower)


def test_vertices_snap_to_a_256th_of_a_pixel(draw):
    assert draw(square(2 + 0.49 / 256, 2, 5, 5), QUAD).foreground[3, 2]
    assert not draw(square(2 + 0.51 / 256, 2, 5, 5), QUAD).foreground[3, 2]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_both_half_edges_of_a_face_are_drawn(draw, order):
    assert draw([(1, 1, 10), (9, 1, 10), (1, 9, 10)], [order]).foreground.sum() == 36


@pytest.mark.parametrize(("depths", "seen"), [((10, 9), 1), ((9, 10), 0), ((10, 10), 0)])
def test_the_nearer_face_is_seen_and_of_equal_ones_the_first(draw, depths, seen):
    triangle = [(1, 1), (9, 1), (1, 9)]
    corners = [(u, v, depth) for depth in depths for u, v in triangle]
    assert set(np.unique(draw(corners, [(0, 1, 2), (3, 4, 5)]).face_id)) == {-1, seen}


def test_faces_that_cross_are_distinguished_at_each_pixel(draw):
    corners = [(0, 0, 5), (12, 0, 15), (0, 12, 5), (0, 0, 15), (12, 0, 5), (0, 12, 15)]
    row = draw(corners, [(0, 1, 2), (3, 4, 5)]).face_id[1, :10]
    assert row[0] == 0
    assert row[9] == 1
    assert (np.diff(row) >= 0).all()


def test_barycentric_weights_are_perspective_correct(draw):
    corners = np.array([(1, 1, 2.0), (11, 1, 8.0), (1, 11, 4.0)])
    render = draw(corners, [(0, 1, 2)])
    camera = PinholeCamera(1.0, (0.0, 0.0))
    seen = render.barycentric[render.foreground] @ camera.unproject(corners[:, :2], corners[:, 2])
    rows, columns = np.nonzero(render.foreground)
    np.testing.assert_allclose(camera.project(seen), np.column_stack([columns, rows]), atol=1e-4)


def test_background_is_white_with_no_face_and_no_weights(draw):
    render = draw([(1, 1, 10), (4, 1, 10), (1, 4, 10)], [(0, 1, 2)])
    background = ~render.foreground
    assert (render.image[background] == 255).all()
    assert (render.face_id[background] == -1).all()
    assert (render.barycentric[background] == 0).all()
    assert (render.image[render.foreground] < 255).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1), (97, 131), (131, 97)])
def test_any_size_of_picture_has_its_mesh_where_it_belongs(draw, height, width):
    render = draw(square(-0.5, -0.5, width / 2, height + 3), QUAD, height, width)
    expected = np.zeros((height, width), bool)
    expected[:, : int(np.ceil(width / 2))] = True
    np.testing.assert_array_equal(render.foreground, expected)
    assert render.image.shape == render.barycentric.shape == (height, width, 3)


def test_a_mesh_partly_outside_is_cut_at_the_border_and_one_outside_leaves_white(draw):
    assert draw(square(-500, -3000, 4, 5), QUAD).foreground.sum() == 20
    assert not draw(square(20, 20, 40, 40), QUAD).foreground.any()
    assert not draw(square(-40, 3, -20, 8), QUAD).foreground.any()


def test_a_face_a_million_pixels_wide_covers_the_picture(draw):
    assert draw([(-3e6, -3e6, 10), (3e6, -3e6, 10), (0, 6e6, 10)], [(0, 1, 2)]).foreground.all()


def test_degenerate_faces_draw_nothing_and_harm_no_other(draw):
    corners = [*square(2, 2, 6, 6), (9, 9, 10)]
    alone = draw(corners, QUAD)
    among = draw(corners, [(0, 0, 0), (0, 2, 2), *QUAD, (0, 2, 4)])
    np.testing.assert_array_equal(among.foreground, alone.foreground)


def test_one_picture_does_not_show_in_the_next(draw):
    first = draw(square(1, 1, 5, 5), QUAD)
    kept = first.image.copy()
    draw(square(3, 3, 9, 9, z=5.0), QUAD)
    again = draw(square(1, 1, 5, 5), QUAD)
    np.testing.assert_array_equal(first.image, kept)
    np.testing.assert_array_equal(again.image, kept)


def test_input_arrays_are_left_alone(builtin):
    vertices = np.array([(0.0, 0, 1), (5, 0, 1), (0, 5, 1)])
    faces = np.array([(0, 1, 2)])
    vertices.flags.writeable = faces.flags.writeable = False
    builtin.render(vertices, faces, PinholeCamera(1.0, (0.0, 0.0)), 8, 8)


@pytest.mark.parametrize(
    ("vertex", "message"),
    [
        ((np.nan, 0, 1), "finite"),
        ((np.inf, 0, 1), "finite"),
        ((0, 0, 0), "in front"),
        ((0, 0, -1), "in front"),
        ((1e8, 0, 1e-300), "near the camera"),
    ],
)
def test_vertices_that_cannot_be_seen_are_refused(builtin, vertex, message):
    vertices = np.array([vertex, (1, 0, 1), (0, 1, 1)], np.float64)
    with pytest.raises(ValueError, match=message):
        builtin.render(vertices, np.array([(0, 1, 2)]), PinholeCamera(1.0, (0.0, 0.0)), 8, 8)


@pytest.mark.parametrize("faces", [[(0, 1, 3)], [(-1, 1, 2)], [(0, 1)]])
def test_faces_that_name_no_vertex_are_refused(builtin, faces):
    vertices = np.array([(0.0, 0, 1), (1, 0, 1), (0, 1, 1)])
    with pytest.raises(ValueError, match="faces"):
        builtin.render(vertices, np.array(faces), PinholeCamera(1.0, (0.0, 0.0)), 8, 8)


corner = st.tuples(
    st.floats(-30, 30, allow_nan=False), st.floats(-30, 30, allow_nan=False), st.floats(0.01, 1e4, allow_nan=False)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(corner, min_size=3, max_size=9), st.data())
def test_whatever_the_mesh_every_pixel_has_a_face_and_weights_or_is_white(builtin, corners, data):
    index = st.integers(0, len(corners) - 1)
    faces = data.draw(st.lists(st.tuples(index, index, index), min_size=1, max_size=12))
    vertices = PinholeCamera(1.0, (0.0, 0.0)).unproject(np.array(corners)[:, :2], np.array(corners)[:, 2])
    render = builtin.render(vertices, np.array(faces), PinholeCamera(1.0, (8.0, 8.0)), 17, 19)
    assert render.face_id.min() >= -1
    assert render.face_id.max() < len(faces)
    sums = render.barycentric.sum(axis=2)
    np.testing.assert_allclose(sums, render.foreground, atol=1e-5)
    assert render.barycentric.min() >= 0
    assert (render.image[~render.foreground] == 255).all()
