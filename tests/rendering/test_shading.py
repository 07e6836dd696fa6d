import numpy as np
import pytest

from masking.core.config.options import COLORS
from masking.rendering.shading import LIGHT_INTENSITIES, LIGHT_POSITIONS, vertex_colors, vertex_normals

GREY = COLORS["grey"]


def triangle_facing(direction, distance=100.0):
    """A small triangle at `distance` in front of the camera whose normal is `direction`."""
    direction = np.asarray(direction, float) / np.linalg.norm(direction)
    side = np.cross(direction, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    return np.array([0, 0, distance]) + 1e-6 * np.array([side, np.cross(direction, side), -side]), np.array([(0, 1, 2)])


def test_the_lights_stand_where_ringnet_put_them():
    expected = [(186.6, -100, -123.2), (-659.8, 10, 542.8), (-616.0, 500, -933.0)]
    np.testing.assert_allclose(LIGHT_POSITIONS, expected, atol=0.06)


@pytest.mark.parametrize("light", [0, 1, 2])
def test_a_face_turned_to_a_light_gets_its_intensity_and_the_share_of_the_others(light):
    position = np.array([0, 0, 100.0])
    to_lights = LIGHT_POSITIONS - position
    to_lights /= np.linalg.norm(to_lights, axis=1, keepdims=True)
    vertices, faces = triangle_facing(to_lights[light])
    cosines = np.maximum(to_lights @ to_lights[light], 0)
    expected = min(1.0, 0.65 * float(cosines @ LIGHT_INTENSITIES))
    np.testing.assert_allclose(vertex_colors(vertices, faces, GREY), expected, atol=1e-6)


def test_a_face_turned_from_every_light_is_black():
    away = np.array([0.8, 0.0, 1.0])
    to_lights = LIGHT_POSITIONS - np.array([0, 0, 100.0])
    assert (to_lights @ away < 0).all()
    assert (vertex_colors(*triangle_facing(away), GREY) == 0).all()


def test_the_sum_of_the_lights_is_cut_off_at_white():
    to_light = LIGHT_POSITIONS[0] - np.array([0, 0, 100.0])
    colors = vertex_colors(*triangle_facing(to_light), albedo=(5.0, 0.65, 0.0))
    np.testing.assert_allclose(colors, [(1.0, colors[0, 1], 0.0)] * 3)
    assert colors[0, 1] < 1.0


def test_shading_follows_the_distance_of_the_head():
    near = vertex_colors(*triangle_facing((0.2, 0, -1), distance=50.0), GREY)
    far = vertex_colors(*triangle_facing((0.2, 0, -1), distance=200.0), GREY)
    assert np.abs(near - far).max() > 0.05


def test_normals_weigh_each_face_by_its_area():
    vertices = np.array([(0.0, 0, 0), (2, 0, 0), (0, 2, 0), (0, 0, 1)])
    faces = np.array([(0, 1, 2), (0, 2, 3)])
    expected = np.array([2.0, 0, 4.0]) / np.sqrt(20)
    np.testing.assert_allclose(vertex_normals(vertices, faces)[0], expected)


def test_a_vertex_without_a_face_has_no_normal_and_is_black():
    vertices = np.array([(0.0, 0, 5), (2, 0, 5), (0, 2, 5), (9, 9, 9)])
    assert (vertex_normals(vertices, np.array([(0, 1, 2)]))[3] == 0).all()
    assert (vertex_colors(vertices, np.array([(0, 1, 2)]), GREY)[3] == 0).all()
