"""Where the work runs. An engine takes images in the tree's order and yields their outcomes in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from masking.core.config import Config
from masking.dataset import PreparedImage
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Outcome


class Masker(Protocol):
    """Masks one image after another with models that are loaded already."""

    @property
    def models(self) -> Mapping[str, str]:
        """What does each part of the work, for people."""
        ...

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 (32 bytes) of everything in the models that an output depends on."""
        ...

    @property
    def batch_size(self) -> int:
        """Images that go through the models at once."""
        ...

    def mask_all(self, images: Sequence[PreparedImage]) -> Iterator[Outcome]:
        """Outcomes of `images` in their order. Never raises for anything that is wrong with one of them."""
        ...

    def flush(self) -> None:
        """Make what has been written outlive a power cut."""
        ...


MakeMasker = Callable[[Config], Masker]
"""Loads the models. A class or function of an importable module, so that other processes find it by its name."""


@dataclass(frozen=True)
class Models:
    """The models that an engine's workers have loaded: as Masker.models and Masker.fingerprint."""

    descriptions: Mapping[str, str]
    fingerprint: bytes


class Engine(Protocol):
    """A place to work. `models` are loaded when it opens, so that a missing one ends the run before the first image."""

    models: Models
    description: str

    def run(
        self,
        items: Iterable[PreparedImage | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """Outcomes of `items` in their order; one that is an outcome already passes through.

        `on_done` gets new outcomes as soon as they are known, in any order. Once `interruption` asks to stop, no more
        images are begun.
        """
        ...


def open_engine(config: Config, make_masker: MakeMasker) -> AbstractContextManager[Engine]:
    """The engine that the configuration asks for, to be entered with `with`.

    Raises ClusterError where the cluster can't be used, and whatever `make_masker` raises.
    """
    if config.run.scheduler:
        from masking.pipeline.engines.dask_engine import open_dask_engine

        return open_dask_engine(config, make_masker)
    if config.run.workers > 1:
        from masking.pipeline.engines.on_demand import open_workers_on_demand

        return open_workers_on_demand(config, make_masker)
    from masking.pipeline.engines.this_process import open_this_process

    return open_this_process(config, make_masker)
