"""What an image's outputs depend on besides its pixels: the settings, the models and the code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from masking import __version__
from masking.core.code_identity import Identity, differences, identity
from masking.core.config import Config
from masking.core.config.options import NO_EFFECT_ON_OUTPUTS, Section


@dataclass(frozen=True)
class Recipe:
    """Two images of the same content that are masked by equal recipes get the same outputs.

    settings, models: SHA-256 (32 bytes each). code: what the code is, and the libraries that it computes with.
    """

    settings: bytes
    models: bytes
    code: Identity = field(default_factory=dict)


def recipe_for(config: Config, models_fingerprint: bytes) -> Recipe:
    """The recipe of a run with this configuration, models of this fingerprint, and this process's code."""
    return Recipe(settings_fingerprint(config), models_fingerprint, dict(identity()))


def why_again(earlier: Recipe, now: Recipe) -> str:
    """For people: what differs between two recipes."""
    parts = [
        *(["the settings have changed"] if earlier.settings != now.settings else []),
        *(["the models have changed"] if earlier.models != now.models else []),
        *differences(earlier.code, now.code),
    ]
    return ", ".join(parts)


def settings_fingerprint(config: Config) -> bytes:
    """SHA-256 (32 bytes) of every setting that changes what is written for an image, and of this project's version."""
    settings = {name: _settings_that_matter(section) for name, section in config if name != "folders"}
    return fingerprint({"version": __version__, "settings": settings})


def fingerprint(value: object) -> bytes:
    """SHA-256 (32 bytes) of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).digest()


def _settings_that_matter(section: Section) -> dict[str, object]:
    values = section.model_dump(mode="json")
    fields = type(section).model_fields.items()
    return {
        name: values[name]
        for name, field in fields
        if field.json_schema_extra != NO_EFFECT_ON_OUTPUTS and not isinstance(getattr(section, name), Path)
    }
