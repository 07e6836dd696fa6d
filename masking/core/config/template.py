"""The INI file that the project ships, written from the options' own defaults and descriptions.

`python -m masking.core.config.template > batch_process_config.ini` makes it anew.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from pydantic_core import PydanticUndefined

from masking.core.config.options import PROJECT_FOLDER, SECTIONS, described
from masking.core.config.presets import plain_text
from masking.core.errors import ConfigError
from masking.core.safe_files import write_whole

FOLDERS = {"input_folder": "query", "output_folder": "output/{INPUT_NAME}"}
EXAMPLE_FOLDERS = {**FOLDERS, "input_folder": "examples/query"}
HEADER = """\
# Settings of batch_process.py. Only the two folders must be given; everything else is listed with its default.
# Paths are relative to this file. Every key can be overridden for one run: --set SECTION.KEY=VALUE
"""


def ini_template(folders: Mapping[str, str] = EXAMPLE_FOLDERS) -> str:
    """The whole INI file as text. `folders`: what stands for the two that have no default."""
    parts = [HEADER]
    for name, section in SECTIONS.items():
        lines = [f"[{name}]"]
        for key, field in section.model_fields.items():
            default = folders[key] if field.default is PydanticUndefined else field.default
            lines += textwrap.wrap(described(field), 118, initial_indent="# ", subsequent_indent="# ")
            lines += [f"{key.upper()} = {as_text(default)}", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts).rstrip("\n") + "\n"


def write_ini(path: Path) -> None:
    """Write the INI file for photos below `path`'s folder, in `query`. Raises ConfigError where it can't be written."""
    if path.is_symlink() or path.exists():
        raise ConfigError([f"{path} exists already, and is left as it is; move it away first"])
    try:
        write_whole(path, ini_template(FOLDERS))
    except OSError as error:
        raise ConfigError([f"{path} can't be written: {error.strerror}"]) from error


def as_text(value: object) -> str:
    """A value as it is written in the INI."""
    if isinstance(value, Path):
        return value.relative_to(PROJECT_FOLDER).as_posix()
    return plain_text(value)


if __name__ == "__main__":
    print(ini_template(), end="")
