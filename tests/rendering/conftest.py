import numpy as np
import pytest

from masking.camera import PinholeCamera
from masking.config.options import RenderingOptions
from masking.errors import MissingPackageError
from masking.rendering import open_renderer

FLAT = PinholeCamera(1.0, (0.0, 0.0))
"""So short a focal length that OpenDR's inexact half turn moves nothing."""


@pytest.fixture(scope="session")
def builtin():
    """The built-in renderer without overdraw."""
    return open_renderer(RenderingOptions(overdraw=False))


@pytest.fixture(scope="session")
def outlining():
    """The built-in renderer as it is by default."""
    return open_renderer(RenderingOptions())


@pytest.fixture(scope="session")
def opendr():
    try:
        return open_renderer(RenderingOptions(renderer="opendr"))
    except MissingPackageError as error:
        pytest.skip(f"OpenDR is not installed here: {error}")


@pytest.fixture
def draw(builtin):
    """Draws faces given by their corners' image points and depth: draw([(u, v, z), ...], [(a, b, c), ...])."""

    def draw(corners, faces, height=12, width=12, renderer=builtin):
        corners = np.asarray(corners, np.float64)
        vertices = FLAT.unproject(corners[:, :2], corners[:, 2])
        return renderer.render(vertices, np.asarray(faces, np.int32), FLAT, height, width)

    return draw


PARITY_TABLE: list[str] = []
"""Lines that test_opendr_parity wants to be seen."""


def pytest_terminal_summary(terminalreporter):
    if PARITY_TABLE:
        terminalreporter.section("built-in renderer against OpenDR")
        terminalreporter.line(
            f"{'mesh':5} {'size':>13} {'':9} {'pixels':>12} {'exact':>10} {'within 1':>10} {'silhouette':>17}"
        )
        for line in PARITY_TABLE:
            terminalreporter.line(line)
