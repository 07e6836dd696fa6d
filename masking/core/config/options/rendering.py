"""Options of what draws the 3D face."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from masking.core.config.options.section import Choice, Section

COLORS = {
    "grey": (0.65, 0.65, 0.65),
    "ringnet": (0.65098039, 0.74117647, 0.85882353),
}
"""Albedo (red, green, blue in 0..1) by name: the masking pipeline's grey, and RingNet's own light blue."""


def _checked_color(color: str) -> str:
    color = "grey" if color.lower() == "gray" else color.lower()
    if color in COLORS or _three_numbers(color):
        return color
    expected = f"{', '.join(COLORS)}, or red, green and blue from 0 to 1, as 0.9, 0.7, 0.6"
    raise PydanticCustomError("color", "{expected}", {"expected": expected})


def _three_numbers(color: str) -> tuple[float, float, float] | None:
    try:
        red, green, blue = (float(part) for part in color.split(","))
    except ValueError:
        return None
    return (red, green, blue) if all(0.0 <= part <= 1.0 for part in (red, green, blue)) else None


class RenderingOptions(Section):
    """[RENDERING]: 3D face -> grey picture."""

    renderer: Annotated[
        str,
        AfterValidator(Choice("masking.rendering.registry:RENDERERS", auto=False)),
        Field(description="opendr is the original's renderer; scripts/install_opendr.sh installs it."),
    ] = "builtin"
    color: Annotated[
        str,
        AfterValidator(_checked_color),
        Field(description="grey | ringnet (its light blue) | red, green, blue from 0 to 1, such as 0.9, 0.7, 0.6."),
    ] = "grey"
    overdraw: Annotated[
        bool, Field(description="Draw the silhouette once more, one pixel wide, as OpenDR does by default.")
    ] = True
    background: Annotated[
        Literal["white", "black"], Field(description="white | black: mask_only outside the hull.")
    ] = "white"
    min_coverage: Annotated[
        float,
        Field(ge=0, le=1, description="Share of the hull that the mesh must reach; below it an image gets no mask."),
    ] = 0.9

    @property
    def albedo(self) -> tuple[float, float, float]:
        """`color` as red, green, blue in 0..1: the share of light that the surface throws back."""
        return COLORS.get(self.color) or _three_numbers(self.color) or COLORS["grey"]
