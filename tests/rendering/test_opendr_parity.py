"""The built-in renderer against the real OpenDR, live: every pose, every size, with and without overdraw.

The table at the end of the run counts pixels where either of them drew the mesh.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.geometry.camera import PinholeCamera
from masking.rendering.registry import open_renderer
from tests.rendering.heads import FLAT, poses

SIZES = [(224, 224), (640, 480), (1024, 1024), (97, 131)]


@dataclass
class Agreement:
    """Pixel counts: drawn by either renderer; of these equal, and within one level; drawn by one of them alone."""

    drawn: int = 0
    exact: int = 0
    within_one: int = 0
    silhouette: int = 0

    def add(self, ours, theirs):
        is_ours, is_theirs = ours.foreground, (theirs.image < 255).any(axis=2)
        difference = np.abs(ours.image.astype(int) - theirs.image).max(axis=2)[is_ours | is_theirs]
        self.drawn += difference.size
        self.exact += int((difference == 0).sum())
        self.within_one += int((difference <= 1).sum())
        self.silhouette += int((is_ours != is_theirs).sum())

    def __str__(self):
        return (
            f"{self.drawn:12,} {self.exact / self.drawn:10.4%} {self.within_one / self.drawn:10.4%} "
            f"{self.silhouette:6} {self.silhouette / self.drawn:10.5%}"
        )


@pytest.mark.parametrize("overdraw", [True, False], ids=["overdraw", "filled"])
@pytest.mark.parametrize(("width", "height"), SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("mesh", ["head", "face"])
def test_pictures_agree_with_opendr(opendr, parity_table, meshes, mesh, width, height, overdraw):
    vertices, faces = meshes[mesh]
    ours = open_renderer(in_memory_config(rendering=RenderingOptions(overdraw=overdraw)))
    theirs = open_renderer(in_memory_config(rendering=RenderingOptions(renderer="opendr", overdraw=overdraw)))
    agreement = Agreement()
    assert len(poses()) >= 40
    for pose in poses():
        placed, camera = pose.place(vertices, height, width)
        agreement.add(
            ours.render(placed, faces, camera, height, width), theirs.render(placed, faces, camera, height, width)
        )
    kind = "overdraw" if overdraw else "filled"
    parity_table.append(f"{mesh:5} {width:>5} x {height:<5} {kind:9} {agreement}")
    assert agreement.within_one / agreement.drawn >= (0.995 if overdraw else 0.999)
    assert agreement.exact / agreement.drawn >= 0.97
    assert agreement.silhouette / agreement.drawn <= (0.001 if overdraw else 0.0001)


def test_lines_between_pixel_centres_agree_with_opendr(opendr, outlining):
    """Vertices on centres, on borders and at corners of pixels, where the rules for ends of lines are at their edge."""
    rng = np.random.default_rng(8)
    differing = drawn = 0
    for _ in range(60):
        points = rng.integers(2, 60, size=(12, 2)) / 2.0
        vertices = FLAT.unproject(points, rng.integers(90, 110, size=12).astype(float))
        faces = rng.permutation(12).reshape(4, 3)
        ours = outlining.render(vertices, faces, PinholeCamera(1.0, (0.0, 0.0)), 32, 32)
        theirs = opendr.render(vertices, faces, PinholeCamera(1.0, (0.0, 0.0)), 32, 32)
        differing += int((ours.foreground != theirs.foreground).sum())
        drawn += int(theirs.foreground.sum())
    assert drawn > 10_000
    # Not all: there OpenGL's single precision decides.
    assert differing / drawn < 0.01


def test_colours_other_than_grey_agree_with_opendr(opendr, meshes):
    vertices, faces = meshes["head"]
    placed, camera = poses()[5].place(vertices, 224, 224)
    agreement = Agreement()
    ours, theirs = (
        open_renderer(in_memory_config(rendering=RenderingOptions(color="ringnet", renderer=name))).render(
            placed, faces, camera, 224, 224
        )
        for name in ("builtin", "opendr")
    )
    agreement.add(ours, theirs)
    assert agreement.exact / agreement.drawn >= 0.999
