"""Draw the pictures of docs/rendering.md: python docs/make_rendering_pictures.py (needs OpenDR)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.rendering.base import Render
from masking.rendering.registry import open_renderer

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "tests" / "rendering"))
from heads import Pose, flame_like_head  # noqa: E402

Picture = npt.NDArray[np.uint8]

SIZE = 224
POSE = Pose(yaw=0.55, pitch=-0.15, roll=0.08, scale=8.5)
DETAIL = (slice(84, 124), slice(20, 60))
"""Rows and columns of the ear, before background and cheek."""


def render(**options: object) -> Render:
    """Draw the look-alike head with these options."""
    vertices, faces = flame_like_head()
    placed, camera = POSE.place(vertices, SIZE, SIZE)
    return open_renderer(in_memory_config(rendering=RenderingOptions.model_validate(options))).render(
        placed, faces, camera, SIZE, SIZE
    )


def difference(one: Picture, other: Picture, gain: int) -> Picture:
    """White where both are equal, darker by `gain` levels for each level between them."""
    distance = np.abs(one.astype(int) - other).max(axis=2, keepdims=True)
    return np.repeat(255 - np.minimum(distance * gain, 255), 3, axis=2).astype(np.uint8)


def side_by_side(pictures: list[Picture], magnification: int = 1) -> Image.Image:
    """One picture of all, with a light bar between them."""
    height = pictures[0].shape[0] * magnification
    bar = np.full((height, 8, 3), 220, np.uint8)
    row = []
    for picture in pictures:
        row += [picture.repeat(magnification, axis=0).repeat(magnification, axis=1), bar]
    return Image.fromarray(np.hstack(row[:-1]))


def main() -> None:
    """Write the pictures into docs/pictures."""
    ours, theirs = render().image, render(renderer="opendr").image
    filled, blue = render(overdraw=False).image, render(color="ringnet").image
    folder = DOCS / "pictures"
    folder.mkdir(exist_ok=True)
    side_by_side([ours, theirs, difference(ours, theirs, 255)]).save(folder / "rendering_parity.png", optimize=True)
    side_by_side([filled, ours, difference(filled, ours, 4)]).save(folder / "rendering_overdraw.png", optimize=True)
    details = [filled[DETAIL], ours[DETAIL], theirs[DETAIL]]
    side_by_side(details, magnification=6).save(folder / "rendering_detail.png", optimize=True)
    side_by_side([ours, blue]).save(folder / "rendering_color.png", optimize=True)
    print(
        f"levels apart: {int((ours != theirs).any(axis=2).sum())} pixels of {SIZE * SIZE}, overdraw changes "
        f"{int((ours != filled).any(axis=2).sum())}"
    )


if __name__ == "__main__":
    main()
