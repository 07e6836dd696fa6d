"""What lies far from the outline gets no closer look, and that changes no pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masking.core.config.options import RenderingOptions
from masking.rendering import builtin_renderer
from masking.rendering.builtin_renderer import BuiltinRenderer
from masking.rendering.outline_cells import cell_counts, farthest_outline, mark_cells
from masking.rendering.window import DEPTH_STEPS, HIDDEN
from tests.rendering.heads import poses

HEIGHT, WIDTH = 40, 56
row, column = st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)


@pytest.mark.parametrize("mesh", ["head", "face"])
@pytest.mark.parametrize(("height", "width"), [(131, 97), (224, 224), (480, 640)])
def test_pictures_are_those_of_a_closer_look_at_everything(meshes, mesh, height, width, monkeypatch):
    vertices, faces = meshes[mesh]
    scenes = [pose.place(vertices, height, width) for pose in poses()[::3]]
    quick = [
        BuiltinRenderer(RenderingOptions()).render(placed, faces, camera, height, width) for placed, camera in scenes
    ]

    def everything_is_near(touched, depth, width, shift, cells):
        cells.fill(DEPTH_STEPS)

    monkeypatch.setattr(builtin_renderer, "mark_cells", everything_is_near)
    for (placed, camera), expected in zip(scenes, quick, strict=True):
        render = BuiltinRenderer(RenderingOptions()).render(placed, faces, camera, height, width)
        np.testing.assert_array_equal(render.face_id, expected.face_id)
        np.testing.assert_array_equal(render.image, expected.image)


@settings(deadline=None)
@given(
    outline=st.lists(st.tuples(row, column, st.integers(0, DEPTH_STEPS)), min_size=1, max_size=8),
    corners=st.tuples(column, column, row, row),
    shift=st.integers(0, 4),
)
def test_no_outline_in_or_next_to_a_box_is_farther_than_its_cells_say(outline, corners, shift):
    touched = np.array([row * WIDTH + column for row, column, _ in outline], np.int32)
    depth = np.array([depth for _, _, depth in outline], float)
    cells = np.full(cell_counts(HEIGHT, WIDTH, shift), float(HIDDEN))
    mark_cells(touched, depth, WIDTH, shift, cells)
    (left, right), (top, bottom) = sorted(corners[:2]), sorted(corners[2:])
    inside = [depth for row, column, depth in outline if top - 1 <= row <= bottom and left - 1 <= column <= right]
    assert farthest_outline(cells, shift, left, right, top, bottom) >= max(inside, default=HIDDEN)
