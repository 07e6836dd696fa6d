"""What one pickle may ask for, and an object in it whose state is still to come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

MAX_INSTRUCTIONS = 2_000_000


class RefusedPickleError(ValueError):
    """A pickle holds more than arrays and containers of them, or is damaged. The message goes on a sentence."""


@dataclass
class Limits:
    """What one pickle may still ask for: `bytes_left` of copies, and whether an object scalar is welcome."""

    bytes_left: int
    allow_object_scalar: bool = False
    instructions_left: int = MAX_INSTRUCTIONS

    def count_instruction(self) -> None:
        """Count one instruction. Raises RefusedPickleError past MAX_INSTRUCTIONS, which no array needs."""
        if self.instructions_left == 0:
            raise RefusedPickleError(f"it has more than {MAX_INSTRUCTIONS:,} instructions")
        self.instructions_left -= 1

    def take(self, size: int) -> None:
        """Count a copy of `size` bytes. Raises RefusedPickleError when the same bytes are asked for again and again."""
        if size > self.bytes_left:
            raise RefusedPickleError("it asks for more array data than its own length can hold")
        self.bytes_left -= size


class Shell(ABC):
    """An object whose state is still to come, as pickles build them."""

    @abstractmethod
    def finish(self, state: Any, limits: Limits) -> Any:
        """Return the value that `state` makes of this shell. Raises RefusedPickleError for a state of another form."""
