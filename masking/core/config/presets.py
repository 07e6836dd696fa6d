"""Sets of settings under a name. What the user sets otherwise goes before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from masking.core.config.options import SECTIONS

if TYPE_CHECKING:
    from masking.core.config.options import Config

PRESETS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "original": {
        "OUTPUT": {
            "OUTPUT_LAYOUT": "original",
            "SAVE_MESH": "yes",
            "MESH_AXES": "camera",
            "SAVE_PARAMETERS": "yes",
            "PARAMETERS_FORMAT": "npy",
            "SAVE_ARRAYS": "yes",
        },
        "RENDERING": {"COLOR": "grey", "OVERDRAW": "yes", "BACKGROUND": "white"},
        "RECONSTRUCTION": {"SEVERAL_FACES": "refuse"},
    },
}
"""Values as an INI has them, by preset, section and key."""


def settings_of(preset: str) -> Iterator[tuple[str, str, str]]:
    """Section, key and value of each setting of the preset; none where there is no such preset."""
    for section, settings in PRESETS.get(preset, {}).items():
        for key, value in settings.items():
            yield section, key, value


def is_default(section: str, key: str, text: str) -> bool:
    """Whether `text` means the default of this key; not where it means nothing."""
    kind = SECTIONS[section]
    try:
        given = kind.model_validate({key: text})
    except ValidationError:
        return False
    return bool(getattr(given, key.lower()) == kind.model_fields[key.lower()].default)


def departures(config: Config) -> list[str]:
    """The settings, as `KEY = value`, in which `config` is another than the preset that it names."""
    found = []
    for section, key, value in settings_of(config.output.preset):
        wanted = getattr(SECTIONS[section].model_validate({key: value}), key.lower())
        actual = getattr(getattr(config, section.lower()), key.lower())
        if actual != wanted:
            found.append(f"{key} = {plain_text(actual)}")
    return found


def plain_text(value: object) -> str:
    """A value that is no path, as it is written in the INI."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
