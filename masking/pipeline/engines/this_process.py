"""One image after another, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from masking.core.config import Config
from masking.dataset import PreparedImage
from masking.pipeline.engines import Engine, MakeMasker, Masker, Models
from masking.pipeline.engines.chunks import chunked
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Outcome


class ThisProcess:
    """Implements Engine without any other process."""

    description = "this process"

    def __init__(self, masker: Masker, chunk_size: int) -> None:
        self.models = Models(masker.models, masker.fingerprint)
        self._masker = masker
        self._chunk_size = chunk_size

    def run(
        self,
        items: Iterable[PreparedImage | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """As Engine."""
        unflushed = 0
        try:
            for batch in chunked(items, self._masker.batch_size):
                if interruption.requested:
                    return
                to_do = batch.to_do
                for position, outcome in zip(to_do, self._masker.mask_all(list(to_do.values())), strict=True):
                    batch.finish(position, outcome)
                    on_done([outcome])
                unflushed += len(to_do)
                if unflushed >= self._chunk_size:
                    self._masker.flush()
                    unflushed = 0
                yield from batch.outcomes
        finally:
            self._masker.flush()


@contextmanager
def open_this_process(config: Config, make_masker: MakeMasker) -> Iterator[Engine]:
    """Load the models into this process."""
    yield ThisProcess(make_masker(config), config.run.chunk_size)
