"""All sections together: the configuration of a run, and which section holds which key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from masking.core.config.options.folders import Folders
from masking.core.config.options.landmarks import LandmarkOptions
from masking.core.config.options.output import OutputOptions
from masking.core.config.options.preparation import PreparationOptions
from masking.core.config.options.reconstruction import ReconstructionOptions
from masking.core.config.options.reidentification import ReidentificationOptions
from masking.core.config.options.rendering import RenderingOptions
from masking.core.config.options.run import RunOptions
from masking.core.config.options.section import Section
from masking.core.errors import ConfigError
from masking.core.registry import registry_at


class Config(BaseModel):
    """Everything that a run needs to know, checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folders: Folders
    reconstruction: ReconstructionOptions = ReconstructionOptions()
    landmarks: LandmarkOptions = LandmarkOptions()
    rendering: RenderingOptions = RenderingOptions()
    output: OutputOptions = OutputOptions()
    run: RunOptions = RunOptions()
    preparation: PreparationOptions = PreparationOptions()
    reidentification: ReidentificationOptions = ReidentificationOptions()
    parts: dict[str, SerializeAsAny[Section]] = {}
    """Sections of what other packages have registered, by its name."""

    def options_of(self, part: str) -> Section:
        """The section of what was registered under the name `part`, with its defaults where the INI gives none."""
        return self.parts[part] if part in self.parts else registered_sections()[part.upper()]()


REGISTRIES = (
    "masking.reconstruction.registry:RECONSTRUCTORS",
    "masking.faces.landmarks:LANDMARK_DETECTORS",
    "masking.rendering.registry:RENDERERS",
    "masking.reidentification.recognisers.registry:RECOGNISERS",
)


def registered_sections() -> dict[str, type[Section]]:
    """Sections of what other packages have registered, by their name in the INI."""
    entries = (entry for location in REGISTRIES for entry in registry_at(location))
    return {entry.name.upper(): entry.options for entry in entries if entry.options is not None}


SECTIONS: dict[str, type[Section]] = {
    "DEFAULT": Folders,
    "RECONSTRUCTION": ReconstructionOptions,
    "LANDMARKS": LandmarkOptions,
    "RENDERING": RenderingOptions,
    "OUTPUT": OutputOptions,
    "RUN": RunOptions,
    "PREPARATION": PreparationOptions,
    "REIDENTIFICATION": ReidentificationOptions,
}


def all_sections() -> dict[str, type[Section]]:
    """Every section that an INI may have, by its name."""
    return {**SECTIONS, **registered_sections()}


def in_memory_config(**sections: Section) -> Config:
    """A configuration for work in memory, where no folder is read or written. sections: by Config's field."""
    return Config(folders=Folders(input_folder=Path(), output_folder=Path()), **sections)  # type: ignore[arg-type]


Setting: TypeAlias = "str | int | float | bool | os.PathLike[str]"
"""The value of an option, as Python gives it."""


def settings_by_key(settings: Mapping[str, Setting]) -> list[tuple[str, str, str]]:
    """Overrides for `load_config` from values by their key in lower case, such as `min_coverage`; a key occurs
    in one section only. Raises ConfigError with every unknown key.
    """
    homes = {key: name for name, section in all_sections().items() for key in section.model_fields}
    if problems := [f"{key}: there is no such setting; docs/ini.md lists them" for key in settings if key not in homes]:
        raise ConfigError(problems)
    return [(key, f"{homes[key]}.{key.upper()}", str(value)) for key, value in settings.items()]
