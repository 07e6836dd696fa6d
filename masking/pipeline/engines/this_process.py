"""One item after another, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from masking.core.config import Config
from masking.pipeline.engines.base import Engine, Models
from masking.pipeline.engines.chunks import chunked
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.stage import Processor, Stage


class ThisProcess:
    """Implements Engine without any other process."""

    description = "this process"

    def __init__(self, processor: Processor, chunk_size: int) -> None:
        self.models = Models(processor.models, processor.fingerprint)
        self._processor = processor
        self._chunk_size = chunk_size

    def run(
        self,
        items: Iterable[Item | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """As Engine."""
        unflushed = 0
        try:
            for batch in chunked(items, self._processor.batch_size):
                if interruption.requested:
                    return
                to_do = batch.to_do
                for position, outcome in zip(to_do, self._processor.process(list(to_do.values())), strict=True):
                    batch.finish(position, outcome)
                    on_done([outcome])
                unflushed += len(to_do)
                if unflushed >= self._chunk_size:
                    self._processor.flush()
                    unflushed = 0
                yield from batch.outcomes
        finally:
            self._processor.flush()


@contextmanager
def open_this_process(stage: Stage, config: Config) -> Iterator[Engine]:
    """Load the models into this process."""
    yield ThisProcess(stage.load(config), config.run.chunk_size)
