"""Mesh and camera -> Render: the grey picture and what it shows at each pixel."""

from masking.rendering.base import Render, Renderer
from masking.rendering.registry import RENDERERS, open_renderer

__all__ = ["RENDERERS", "Render", "Renderer", "open_renderer"]
