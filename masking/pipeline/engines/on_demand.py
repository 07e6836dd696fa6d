"""Worker processes of this machine that are started when the first item is to be done, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain

from masking.core.config import Config
from masking.core.errors import ClusterError
from masking.pipeline.engines.base import Engine, Models
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.stage import Stage


class WorkersOnDemand:
    """Implements Engine. This process loads the models too, because their fingerprint says which items are done."""

    def __init__(self, stage: Stage, config: Config, opened: ExitStack) -> None:
        processor = stage.load(config)
        self.models = Models(dict(processor.models), processor.fingerprint)
        self.description = f"{config.run.workers} processes, started once there is work"
        self._config = config
        self._stage = stage
        self._opened = opened
        self._workers: Engine | None = None

    def run(
        self,
        items: Iterable[Item | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """As Engine. Raises ClusterError where the processes can't be started."""
        coming = iter(items)
        for item in coming:
            if not isinstance(item, Outcome):
                yield from self._started().run(chain([item], coming), permit, interruption, on_done)
                return
            if interruption.requested:
                return
            yield item

    def _started(self) -> Engine:
        from masking.pipeline.engines.dask_engine import open_dask_engine

        if self._workers is None:
            self._workers = self._opened.enter_context(open_dask_engine(self._stage, self._config))
            if self._workers.models != self.models:
                raise ClusterError("the model files changed while the run started; start it again")
        return self._workers


@contextmanager
def open_workers_on_demand(stage: Stage, config: Config) -> Iterator[Engine]:
    """Load the models into this process; processes that are started later end with the block."""
    with ExitStack() as opened:
        yield WorkersOnDemand(stage, config, opened)
