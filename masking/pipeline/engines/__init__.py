"""Where the work runs. An engine takes items in the tree's order and yields their outcomes in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from masking.core.config import Config
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.stage import Stage


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


def open_engine(stage: Stage, config: Config) -> AbstractContextManager[Engine]:
    """The engine that the configuration asks for, to do what `stage` does; to be entered with `with`.

    Raises ClusterError where the cluster can't be used, and whatever the stage raises as it loads its models.
    """
    if config.run.scheduler:
        from masking.pipeline.engines.dask_engine import open_dask_engine

        return open_dask_engine(stage, config)
    if config.run.workers > 1:
        from masking.pipeline.engines.on_demand import open_workers_on_demand

        return open_workers_on_demand(stage, config)
    from masking.pipeline.engines.this_process import open_this_process

    return open_this_process(stage, config)
