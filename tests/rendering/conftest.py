import numpy as np
import pytest

from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.rendering import open_renderer


@pytest.fixture(scope="session")
def builtin():
    return open_renderer(RenderingOptions())


@pytest.fixture
def draw(builtin):
    """Draws triangles given by image points and depth: draw([(u, v, z), ...], [(a, b, c), ...], height, width)."""

    def draw(corners, faces, height=12, width=12, renderer=builtin):
        corners = np.asarray(corners, np.float64)
        camera = PinholeCamera(1.0, (0.0, 0.0))
        vertices = camera.unproject(corners[:, :2], corners[:, 2])
        return renderer.render(vertices, np.asarray(faces, np.int32), camera, height, width)

    return draw
