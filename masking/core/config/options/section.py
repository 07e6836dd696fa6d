"""What every section of the INI is made of, and what the descriptions of its options may say."""

from __future__ import annotations

from pathlib import Path

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from masking.core.registry import AUTO, registry_at

CONFIG_NAME = "batch_process_config.ini"
_ABOVE_THE_PACKAGE = Path(__file__).resolve().parents[4]
IN_CHECKOUT = (_ABOVE_THE_PACKAGE / CONFIG_NAME).is_file()
"""Whether this is a checkout, with examples and folders for models, and not an installed package."""
PROJECT_FOLDER = _ABOVE_THE_PACKAGE if IN_CHECKOUT else Path.cwd()
"""Folder that holds `model/` and its neighbours, a checkout or else the current folder; defaults that are paths start
here.
"""

NO_EFFECT_ON_OUTPUTS: dict[str, JsonValue] = {"affects_outputs": False}
"""Marks an option that may change between runs without any image having to be done again. Options that are paths need
no mark: what counts is what the files hold, which the models' fingerprints show.
"""


FREE_TEXT: dict[str, JsonValue] = {"free_text": True}
"""Marks an option that is not a path and may hold any characters, even `;` and `#`."""


class Choice:
    """Validates the name of something in the registry at `module:name`, which is looked up only then; `auto` may be
    one too.
    """

    def __init__(self, registry: str, *, auto: bool) -> None:
        self._registry = registry
        self._auto = auto

    @property
    def names(self) -> list[str]:
        """What may be chosen."""
        return [*([AUTO] if self._auto else []), *registry_at(self._registry).names]

    def __call__(self, value: str) -> str:
        """`value` itself, where it may be chosen."""
        if value in self.names:
            return value
        *others, last = map(repr, self.names)
        raise PydanticCustomError("choice", "{expected}", {"expected": f"{', '.join(others)} or {last}"})


class Section(BaseModel):
    """One section of the INI. Keys are upper case there and lower case here."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=str.upper, populate_by_name=True)

    def was_given(self, option: str) -> bool:
        """Whether the user gave `option`, a field's name, another value than its default."""
        return option in self.model_fields_set and getattr(self, option) != type(self).model_fields[option].default


def described(field: FieldInfo) -> str:
    """What an option is, with what may be chosen."""
    validators = (one.func for one in field.metadata if isinstance(one, AfterValidator))
    choices = [f"{' | '.join(validator.names)}. " for validator in validators if isinstance(validator, Choice)]
    return "".join([*choices, field.description or ""])
