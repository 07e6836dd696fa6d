"""Worker processes of this machine that are started when the first image is to be done, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain

from masking.core.config import Config
from masking.core.errors import ClusterError
from masking.dataset import PreparedImage
from masking.pipeline.engines import Engine, MakeMasker, Models
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Outcome


class WorkersOnDemand:
    """Implements Engine. This process loads the models too, for their fingerprint tells which images are done."""

    def __init__(self, config: Config, make_masker: MakeMasker, opened: ExitStack) -> None:
        masker = make_masker(config)
        self.models = Models(dict(masker.models), masker.fingerprint)
        self.description = f"{config.run.workers} processes, started once an image is to be done"
        self._config = config
        self._make_masker = make_masker
        self._opened = opened
        self._workers: Engine | None = None

    def run(
        self,
        items: Iterable[PreparedImage | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """As Engine. Raises ClusterError where the processes can't be started."""
        coming = iter(items)
        for item in coming:
            if isinstance(item, PreparedImage):
                yield from self._started().run(chain([item], coming), permit, interruption, on_done)
                return
            if interruption.requested:
                return
            yield item

    def _started(self) -> Engine:
        from masking.pipeline.engines.dask_engine import open_dask_engine

        if self._workers is None:
            self._workers = self._opened.enter_context(open_dask_engine(self._config, self._make_masker))
            if self._workers.models != self.models:
                raise ClusterError("the model files were exchanged while the run began; start it again")
        return self._workers


@contextmanager
def open_workers_on_demand(config: Config, make_masker: MakeMasker) -> Iterator[Engine]:
    """Load the models into this process; processes that are started later end with the block."""
    with ExitStack() as opened:
        yield WorkersOnDemand(config, make_masker, opened)
