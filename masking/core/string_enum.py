"""Names that are strings: in the journal, in JSON and in messages."""

from __future__ import annotations

from enum import Enum


class StringEnum(str, Enum):
    """An Enum of strings that prints as its value. As enum.StrEnum, which Python 3.10 has not."""

    def __str__(self) -> str:
        return str(self.value)
