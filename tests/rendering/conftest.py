import numpy as np
import pytest

from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.core.errors import MissingPackageError
from masking.rendering.registry import open_renderer
from tests.fits import fit
from tests.rendering.heads import FLAT, flame_like_head


@pytest.fixture(scope="session")
def builtin():
    """The built-in renderer without overdraw."""
    return open_renderer(in_memory_config(rendering=RenderingOptions(overdraw=False)))


@pytest.fixture(scope="session")
def outlining():
    """The built-in renderer as it is by default."""
    return open_renderer(in_memory_config(rendering=RenderingOptions()))


@pytest.fixture(scope="session")
def opendr():
    try:
        return open_renderer(in_memory_config(rendering=RenderingOptions(renderer="opendr")))
    except MissingPackageError as error:
        pytest.skip(f"OpenDR is not installed here: {error}")


@pytest.fixture(scope="session")
def meshes(crop):
    """Vertices and faces by name: a head of FLAME's size, and the face mesh as the pipeline reconstructs a portrait."""
    face = fit(crop).reconstruction
    return {"head": flame_like_head(), "face": (face.vertices, face.faces)}


@pytest.fixture
def draw(builtin):
    """Draws faces given by their corners' image points and depth: draw([(u, v, z), ...], [(a, b, c), ...])."""

    def draw(corners, faces, height=12, width=12, renderer=builtin):
        corners = np.asarray(corners, np.float64)
        vertices = FLAT.unproject(corners[:, :2], corners[:, 2])
        return renderer.render(vertices, np.asarray(faces, np.int32), FLAT, height, width)

    return draw


PARITY_TABLE = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def parity_table(pytestconfig):
    """Lines to be seen at the end of the run."""
    return pytestconfig.stash.setdefault(PARITY_TABLE, [])


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(PARITY_TABLE, [])
    if lines:
        terminalreporter.section("built-in renderer against OpenDR")
        header = f"{'mesh':5} {'size':>13} {'':9} {'pixels':>12} {'exact':>10} {'within 1':>10} {'silhouette':>17}"
        for line in [header, *lines]:
            terminalreporter.line(line)
