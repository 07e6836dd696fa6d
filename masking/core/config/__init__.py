"""The INI file and the command's options as one typed, validated object."""

from masking.core.config.loading import load_config
from masking.core.config.options import SECTIONS, Config, Setting, in_memory_config, settings_by_key

__all__ = ["SECTIONS", "Config", "Setting", "in_memory_config", "load_config", "settings_by_key"]
