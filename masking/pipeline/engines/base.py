"""What an engine is: it takes items in the tree's order and yields their outcomes in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome


@dataclass(frozen=True)
class Models:
    """The models that an engine's workers have loaded: as Processor.models and Processor.fingerprint."""

    descriptions: Mapping[str, str]
    fingerprint: bytes


class Engine(Protocol):
    """A place to work. `models` are loaded when it opens, so that a missing one ends the run before the first item."""

    models: Models
    description: str

    def run(
        self,
        items: Iterable[Item | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """Outcomes of `items` in their order; one that is an outcome already passes through.

        `on_done` gets new outcomes as soon as they are known, in any order. Once `interruption` asks to stop, no more
        items are begun.
        """
        ...
