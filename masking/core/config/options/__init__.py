"""Every option with its type, default and meaning. The INI, the docs and `--set` all follow from these classes."""

from masking.core.config.options.all_sections import (
    REGISTRIES,
    SECTIONS,
    Config,
    Setting,
    all_sections,
    in_memory_config,
    settings_by_key,
)
from masking.core.config.options.folders import Folders
from masking.core.config.options.landmarks import LandmarkOptions
from masking.core.config.options.output import OutputOptions
from masking.core.config.options.preparation import PreparationOptions
from masking.core.config.options.reconstruction import ReconstructionOptions
from masking.core.config.options.reidentification import ReidentificationOptions
from masking.core.config.options.rendering import COLORS, RenderingOptions
from masking.core.config.options.run import RunOptions
from masking.core.config.options.section import (
    CONFIG_NAME,
    FREE_TEXT,
    IN_CHECKOUT,
    NO_EFFECT_ON_OUTPUTS,
    PROJECT_FOLDER,
    Section,
    described,
)

__all__ = [
    "COLORS",
    "CONFIG_NAME",
    "FREE_TEXT",
    "IN_CHECKOUT",
    "NO_EFFECT_ON_OUTPUTS",
    "PROJECT_FOLDER",
    "REGISTRIES",
    "SECTIONS",
    "Config",
    "Folders",
    "LandmarkOptions",
    "OutputOptions",
    "PreparationOptions",
    "ReconstructionOptions",
    "ReidentificationOptions",
    "RenderingOptions",
    "RunOptions",
    "Section",
    "Setting",
    "all_sections",
    "described",
    "in_memory_config",
    "settings_by_key",
]
