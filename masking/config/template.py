"""The INI file that the project ships, written from the options' own defaults and descriptions.

`python -m masking.config.template > batch_process_config.ini` makes it anew.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from pydantic_core import PydanticUndefined

from masking.config.options import PROJECT_FOLDER, SECTIONS

EXAMPLE_FOLDERS = {"input_folder": "examples/query", "output_folder": "output/{INPUT_NAME}"}
HEADER = """\
# Settings of batch_process.py. Only the two folders must be given; everything else stands here with its default.
# Paths are relative to this file. Every key can be overridden for one run: --set SECTION.KEY=VALUE
"""


def ini_template() -> str:
    """The whole INI file as text."""
    parts = [HEADER]
    for name, section in SECTIONS.items():
        lines = [f"[{name}]"]
        for key, field in section.model_fields.items():
            default = EXAMPLE_FOLDERS[key] if field.default is PydanticUndefined else field.default
            lines += textwrap.wrap(field.description or "", 118, initial_indent="# ", subsequent_indent="# ")
            lines += [f"{key.upper()} = {as_text(default)}", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts).rstrip("\n") + "\n"


def as_text(value: object) -> str:
    """A value as it is written in the INI."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Path):
        return value.relative_to(PROJECT_FOLDER).as_posix()
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    print(ini_template(), end="")
