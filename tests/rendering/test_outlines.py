"""What the silhouette's lines add to the filled faces."""

import numpy as np
import pytest

from masking.geometry.camera import PinholeCamera
from masking.rendering.outlines import draw_outline, line_figures
from masking.rendering.window import HIDDEN
from masking.rendering.wireframe import wireframe_of
from tests.rendering.heads import Pose, flame_like_head

QUAD = [(0, 1, 2), (0, 2, 3)]


def pixels_of(start, end, size=12, depth=(10.0, 10.0)):
    """Pixels (row, column) of a line from `start` to `end`, (u, v)."""
    outline = np.full((size, size), float(HIDDEN))
    touched = np.empty(size * size, np.int32)
    line = np.array([[0, 1]], np.uint32)
    count = draw_outline(np.array([start, end], float), np.array(depth), line, line_figures(), outline, touched)
    assert sorted(touched[:count]) == np.flatnonzero(outline != HIDDEN).tolist()
    return [tuple(pixel) for pixel in np.argwhere(outline != HIDDEN)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((2, 3), (6, 3), [(3, 2), (3, 3), (3, 4), (3, 5)]),
        ((6, 3), (2, 3), [(3, 3), (3, 4), (3, 5), (3, 6)]),
        ((3, 2), (3, 6), [(2, 3), (3, 3), (4, 3), (5, 3)]),
        ((3, 6), (3, 2), [(3, 3), (4, 3), (5, 3), (6, 3)]),
        ((2, 2), (5, 5), [(2, 2), (3, 3), (4, 4)]),
    ],
)
def test_a_line_has_its_first_pixel_and_lacks_its_last(start, end, expected):
    assert pixels_of(start, end) == expected


def test_a_line_has_one_pixel_in_each_column_along_its_longer_axis():
    assert pixels_of((1.2, 1.1), (9.3, 4.9)) == [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5), (3, 6), (4, 7), (4, 8)]


@pytest.mark.parametrize(
    ("start", "end", "is_first_lit"), [((3.3, 5.0), (8.0, 5.0), True), ((3.3, 5.3), (8.0, 5.3), False)]
)
def test_a_line_that_starts_past_a_pixels_middle_lights_it_only_from_within_its_diamond(start, end, is_first_lit):
    assert ((5, 3) in pixels_of(start, end)) == is_first_lit


@pytest.mark.parametrize(
    ("start", "end"), [((4.0, 4.0), (4.0, 4.0)), ((-9.0, -4.0), (-2.0, -3.0)), ((3.1, 3.4), (3.2, 3.4))]
)
def test_a_line_without_length_or_outside_the_picture_lights_nothing(start, end):
    assert [pixel for pixel in pixels_of(start, end) if pixel != (3, 3)] == []


def test_the_nearer_of_two_lines_is_seen(draw, outlining):
    low, high = [(2, 6, 10.0), (9, 6, 10.0), (9, 6.2, 10.0)], [(6, 2, 5.0), (6, 9, 5.0), (6.2, 9, 5.0)]
    render = draw(low + high, [(0, 1, 2), (3, 4, 5)], renderer=outlining)
    assert render.face_id[6, 6] == 1
    assert render.face_id[6, 3] == 0


TURNED_AWAY = [(10, 10, 10.0), (11, 10, 10.0), (10, 11, 10.0)]
"""A last face whose back is seen: to the border of all faces whose front is seen, the silhouette."""


def test_overdraw_adds_the_pixels_that_the_border_only_touches(draw, builtin, outlining):
    corners = [(2.4, 2.4, 10), (2.4, 7.4, 10), (7.4, 7.4, 10), (7.4, 2.4, 10), *TURNED_AWAY]
    faces = [*QUAD, (4, 5, 6)]
    filled, outlined = (draw(corners, faces, renderer=renderer).foreground[:9, :9] for renderer in (builtin, outlining))
    assert filled.sum() == 25
    assert (outlined | ~filled).all()
    rows, columns = np.nonzero(outlined & ~filled)
    assert set(rows[columns > 2]) == set(columns[rows > 2]) == {2}


def test_a_border_is_outline_only_where_the_last_face_is_turned_otherwise(draw, builtin, outlining):
    corners = [(2.4, 2.4, 10), (2.4, 7.4, 10), (7.4, 7.4, 10), (7.4, 2.4, 10)]
    np.testing.assert_array_equal(
        draw(corners, QUAD, renderer=outlining).foreground, draw(corners, QUAD, renderer=builtin).foreground
    )


def test_lines_show_the_colour_of_their_edge_and_weigh_its_two_vertices(outlining):
    vertices, camera = Pose().place(flame_like_head()[0], 224, 224)
    faces = flame_like_head()[1]
    with_lines = outlining.render(vertices, faces, camera, 224, 224)
    is_line = with_lines.foreground & (with_lines.barycentric == 0).any(axis=2)
    assert 300 < is_line.sum() < 3000
    assert (with_lines.image[with_lines.foreground] < 255).all()
    assert with_lines.barycentric.min() == 0.0
    seen = np.einsum("nc,nci->ni", with_lines.barycentric[is_line], vertices[faces[with_lines.face_id[is_line]]])
    rows, columns = np.nonzero(is_line)
    assert np.abs(camera.project(seen) - np.column_stack([columns, rows])).max() < 1.0


@pytest.mark.parametrize(("distance", "is_seen"), [(11.0, False), (9.0, True)])
def test_an_outline_is_drawn_before_a_face_and_not_behind_one(draw, outlining, distance, is_seen):
    small = [(4.4, 4.4, distance), (4.4, 7.4, distance), (7.4, 7.4, distance), (7.4, 4.4, distance)]
    large = [(1, 1, 10.0), (1, 10, 10.0), (10, 10, 10.0), (10, 1, 10.0)]
    faces = [*QUAD, (4, 5, 6), (4, 6, 7), (8, 9, 10)]
    render = draw([*small, *large, *TURNED_AWAY], faces, renderer=outlining)
    assert (render.face_id[4, 5:7] <= 1).all() == is_seen


@pytest.mark.parametrize("is_above", [True, False])
def test_a_line_just_outside_the_picture_lights_the_pixels_that_it_rounds_to(draw, outlining, is_above):
    sliver = [(2.0, -0.3), (8.0, -0.3), (8.0, -0.2)]
    corners = [(u, v, 10.0) if is_above else (v, u, 10.0) for u, v in sliver]
    turned = [(0, 2, 1)] if is_above else [(0, 1, 2)]
    render = draw([*corners, *TURNED_AWAY], [*turned, (3, 4, 5)], renderer=outlining)
    border = render.face_id[0] if is_above else render.face_id[:, 0]
    assert (border[2:8] == 0).all()


def test_each_edge_is_known_once_with_the_faces_on_both_sides():
    wireframe = wireframe_of(np.array([(0, 1, 2), (2, 1, 3), (3, 4, 2)], np.int32))
    edges = {tuple(edge): tuple(sides) for edge, sides in zip(wireframe.edges, wireframe.edge_faces, strict=True)}
    assert edges == {
        (0, 1): (0, 2),
        (0, 2): (0, 2),
        (1, 2): (0, 1),
        (1, 3): (1, 2),
        (2, 3): (1, 2),
        (2, 4): (2, 2),
        (3, 4): (2, 2),
    }


def test_each_side_is_known_with_its_edge_and_those_that_run_both_ways_come_first():
    faces = np.array([(0, 1, 2), (2, 1, 3), (3, 4, 2), (5, 5, 4)], np.int32)
    wireframe = wireframe_of(faces)
    for edge, first, end in zip(
        wireframe.edges, wireframe.first_half_edge[:-1], wireframe.first_half_edge[1:], strict=True
    ):
        assert [sorted(half_edge) for half_edge in wireframe.half_edges[first:end]] == [list(edge)] * (end - first)
    face, corner = wireframe.numbers // 3, wireframe.numbers % 3
    np.testing.assert_array_equal(wireframe.half_edges[:, 1], faces[face, corner])
    np.testing.assert_array_equal(wireframe.half_edges[:, 0], faces[face, corner - 1])
    assert wireframe.two_way_count == 3
    assert {tuple(edge) for edge in wireframe.edges[:3]} == {(1, 2), (2, 3), (4, 5)}


def test_another_mesh_of_as_many_faces_gets_edges_of_its_own(draw, outlining):
    corners = [(2.4, 2.4, 10), (2.4, 7.4, 10), (7.4, 7.4, 10), (7.4, 2.4, 10), *TURNED_AWAY]
    first = draw(corners, [*QUAD, (4, 5, 6)], renderer=outlining)
    draw(corners, [(4, 5, 6), (0, 1, 3), (1, 2, 3)], renderer=outlining)
    again = draw(corners, [*QUAD, (4, 5, 6)], renderer=outlining)
    np.testing.assert_array_equal(again.image, first.image)


def test_the_half_turn_lifts_the_picture_by_the_sine_of_single_precision_pi(builtin):
    # 0.0044 pixels at RingNet's focal length: enough for this edge to cross the pixels' centres.
    vertices = np.array([(-1, 0, 100.0), (1, 0, 100.0), (0, 1, 100.0)])
    vertices[:2, 1] += 0.003 * 100 / 50_000
    render = builtin.render(vertices, np.array([(0, 1, 2)]), PinholeCamera(50_000.0, (5.0, 5.0)), 12, 12)
    assert render.foreground[5].all()
