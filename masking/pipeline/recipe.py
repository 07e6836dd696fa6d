"""What an item's outputs depend on besides its own content: the settings, the models and the code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from masking import __version__
from masking.core.code_identity import Identity, differences, identity
from masking.core.config import Config
from masking.core.config.options import NO_EFFECT_ON_OUTPUTS, Section
from masking.core.fingerprints import fingerprint
from masking.pipeline.stage import Stage


@dataclass(frozen=True)
class Recipe:
    """Two items of the same content that are done by equal recipes get the same outputs.

    settings, models: SHA-256 (32 bytes each). code: what the code is, and the libraries that it computes with.
    """

    settings: bytes
    models: bytes
    code: Identity = field(default_factory=dict)


def recipe_for(stage: Stage, config: Config, models_fingerprint: bytes) -> Recipe:
    """The recipe of a run with this configuration, models of this fingerprint, and this process's code."""
    return Recipe(settings_fingerprint(config, stage.sections), models_fingerprint, dict(identity()))


def why_again(earlier: Recipe, now: Recipe) -> str:
    """For people: what differs between two recipes."""
    parts = [
        *(["the settings have changed"] if earlier.settings != now.settings else []),
        *(["the models have changed"] if earlier.models != now.models else []),
        *differences(earlier.code, now.code),
    ]
    return ", ".join(parts)


def settings_fingerprint(config: Config, sections: Collection[str]) -> bytes:
    """SHA-256 (32 bytes) of every setting in `sections`, fields of `config`, that changes what is written for an item,
    and of this project's version.
    """
    chosen = [(name, section) for name, section in config if name in sections] + list(config.parts.items())
    settings = {name: _settings_that_matter(section) for name, section in chosen}
    return fingerprint({"version": __version__, "settings": settings})


def _settings_that_matter(section: Section) -> dict[str, object]:
    values = section.model_dump(mode="json")
    fields = type(section).model_fields.items()
    return {
        name: values[name]
        for name, field in fields
        if field.json_schema_extra != NO_EFFECT_ON_OUTPUTS and not isinstance(getattr(section, name), Path)
    }
