"""The INI file and the command's options as one typed, validated object."""

from masking.core.config.loading import load_config
from masking.core.config.options import SECTIONS, Config

__all__ = ["SECTIONS", "Config", "load_config"]
