"""The renderers that can be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from masking.core.registry import Entry, Registry

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.rendering.base import Renderer


def _open_builtin(config: Config) -> Renderer:
    from masking.rendering.builtin_renderer import BuiltinRenderer

    return BuiltinRenderer(config.rendering)


def _open_opendr(config: Config) -> Renderer:
    from masking.rendering.opendr_renderer import OpenDRRenderer

    return OpenDRRenderer(config.rendering)


RENDERERS: Registry[Renderer] = Registry(
    "RENDERER",
    "batch_face_masking.renderers",
    [
        Entry("builtin", "the built-in rasteriser", _open_builtin),
        Entry("opendr", "the original's, installed by scripts/install_opendr.sh", _open_opendr),
    ],
)


def open_renderer(config: Config) -> Renderer:
    """Make the renderer that the configuration asks for. Raises MissingPackageError where its package is missing."""
    return RENDERERS.load(config.rendering.renderer, config)
