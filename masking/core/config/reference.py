"""docs/ini.md, written from the options themselves: `python -m masking.core.config.reference > docs/ini.md`."""

from __future__ import annotations

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from masking.core.config.options import NO_EFFECT_ON_OUTPUTS, SECTIONS, described
from masking.core.config.presets import PRESETS, settings_of
from masking.core.config.template import as_text

HEADER = """\
# The INI: every option

[`batch_process_config.ini`](../batch_process_config.ini) is read from the working folder, else from beside
`batch_process.py`; `--config FILE` names another. Only the two folders must be given. Paths in it start at its own
folder. Every key can be set for one run: `--set SECTION.KEY=VALUE`, as often as you like. Unknown keys and wrong
values are all named at once, with the nearest valid name. Yes and no may also be true and false, on and off, 1 and 0.

A comment may follow a value (` ; like this`, ` # like this`), and quotes may surround it. Put quotes around a path
that holds ` #` or `; ` of its own. `~`, `$HOME` and other environment variables are filled in.

Options marked with * change nothing in the outputs: a second run with other values of these keeps what is done.

This page is made from the options: `python -m masking.core.config.reference > docs/ini.md`.
"""


def ini_reference() -> str:
    """The whole page as Markdown."""
    parts = [HEADER]
    for name, section in SECTIONS.items():
        rows = [_row(key, field) for key, field in section.model_fields.items()]
        parts.append(
            "\n".join(
                [
                    f"## [{name}]",
                    "",
                    _purpose(section.__doc__),
                    "",
                    "| key | default | what |",
                    "| --- | --- | --- |",
                    *rows,
                ]
            )
        )
    parts += [_preset(name) for name in PRESETS]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _preset(name: str) -> str:
    rows = [f"| [{section}] `{key}` | `{value}` |" for section, key, value in settings_of(name)]
    return "\n".join(
        [
            f"## PRESET = {name}",
            "",
            f"`--preset {name}` sets these keys where the INI leaves them at their defaults. What the INI says",
            "otherwise, and what `--set` says, goes before it; a run names each such key.",
            "",
            "| key | value |",
            "| --- | --- |",
            *rows,
        ]
    )


def _purpose(docstring: str | None) -> str:
    """A section's docstring without the name that it begins with."""
    purpose = (docstring or "").partition(": ")[2]
    return purpose[:1].upper() + purpose[1:]


def _row(key: str, field: FieldInfo) -> str:
    default = "must be given" if field.default is PydanticUndefined else f"`{as_text(field.default)}`"
    mark = " *" if field.json_schema_extra == NO_EFFECT_ON_OUTPUTS else ""
    description = described(field).replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")
    return f"| `{key.upper()}`{mark} | {default if default != '``' else 'empty'} | {description} |"


if __name__ == "__main__":
    print(ini_reference(), end="")
