"""Handing chunks to a cluster's workers, a bounded number at a time, and finding the item that kills them."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from masking.core.code_identity import identity
from masking.core.config.options import PROJECT_FOLDER, RunOptions
from masking.core.errors import ClusterError, MaskingError, PublishError, first_line
from masking.pipeline.engines.answers import NOT_THERE, Answers
from masking.pipeline.engines.chunks import Chunk, chunked
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.engines.remote_cluster import threads_by_worker
from masking.pipeline.engines.worker import ChunkResult, Job, do_chunk, worker_key
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome, failed

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT_PER_THREAD = 2
WAITING_PER_THREAD = 16
"""Chunks that may wait, finished, for an earlier one, so that outcomes keep the tree's order."""
LOOK_AROUND_SECONDS = 0.5
COUNT_WORKERS_SECONDS = 5.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Task:
    """Items of one chunk, by their positions in it. alone: tried while no worker had anything else to do."""

    chunk: Chunk
    items: dict[int, Item]
    alone: bool


class Dispatcher:
    """One run's work on one cluster."""

    def __init__(
        self, client: Client, job: Job, permit: WorkPermit, models_fingerprint: bytes, options: RunOptions
    ) -> None:
        self._client = client
        self._fixed_arguments = (job, permit, dict(identity()), models_fingerprint)
        # A worker of our own, on this machine, has no other disk and no other code.
        self._answers = Answers(
            job.stage, job.config, worker_key(identity(), models_fingerprint), thorough=bool(options.scheduler)
        )
        self._files = job.stage.files(job.config)
        self._words = job.stage.words
        self._chunk_size = options.chunk_size
        self._resources = needed_resources(options)
        self._row: deque[Chunk] = deque()
        self._in_flight: dict[Future[ChunkResult], _Task] = {}
        self._done: queue.SimpleQueue[Future[ChunkResult]] = queue.SimpleQueue()
        self._suspects: deque[_Task] = deque()
        self._threads, self._threads_counted = 1, float("-inf")

    def run(
        self,
        items: Iterable[Item | Outcome],
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """As Engine.run."""
        from distributed.comm.core import CommClosedError

        try:
            yield from self._run(chunked(items, self._chunk_size), interruption, on_done)
        except CommClosedError as error:
            raise self._scheduler_gone() from error
        finally:
            with suppress(CommClosedError):
                self._client.cancel(list(self._in_flight))

    def _run(
        self, chunks: Iterator[Chunk], interruption: Interruption, on_done: Callable[[Iterable[Outcome]], None]
    ) -> Iterator[Outcome]:
        while True:
            exhausted = interruption.requested or not self._hand_out(chunks)
            while self._row and (not self._row[0].to_do or (interruption.requested and not self._in_flight)):
                yield from self._row.popleft().outcomes
            if self._in_flight:
                self._take_back(on_done)
            elif exhausted and not self._row:
                return

    def _hand_out(self, chunks: Iterator[Chunk]) -> bool:
        """Submit what there is room for; False once nothing is left."""
        if self._suspects:
            # Dask suspects everything that a dead worker had been given; only a task that was alone is surely to blame.
            if not self._in_flight:
                self._submit(self._suspects.popleft())
            return True
        self._count_threads()
        while len(self._in_flight) < IN_FLIGHT_PER_THREAD * self._threads:
            if len(self._row) >= WAITING_PER_THREAD * self._threads:
                return True
            chunk = next(chunks, None)
            if chunk is None:
                return False
            self._row.append(chunk)
            if not chunk.to_do:
                return True
            self._submit(_Task(chunk, chunk.to_do, alone=False))
        return True

    def _submit(self, task: _Task) -> None:
        future = self._client.submit(
            do_chunk, *self._fixed_arguments, list(task.items.values()), pure=False, resources=self._resources
        )
        self._in_flight[future] = task
        future.add_done_callback(self._done.put)

    def _take_back(self, on_done: Callable[[Iterable[Outcome]], None]) -> None:
        """Wait a moment for a task to be over, and note what came of it."""
        try:
            future = self._done.get(timeout=LOOK_AROUND_SECONDS)
        except queue.Empty:
            return
        if future.status in ("lost", "pending"):
            # It was finished by a worker that died before its answer came; Dask has it done once more.
            future.add_done_callback(self._done.put)
            return
        task = self._in_flight.pop(future)
        if future.status == "finished":
            items = list(task.items.values())
            outcomes = [
                self._failed(item, outcome.reason) if outcome.reason == NOT_THERE else outcome
                for item, outcome in zip(items, self._answers.checked(future.result(), items), strict=True)
            ]
        elif future.status == "error":
            outcomes = self._after_error(task, future.exception())
        else:
            raise self._scheduler_gone()
        for position, outcome in zip(task.items, outcomes, strict=False):
            task.chunk.finish(position, outcome)
        on_done(outcomes)

    def _scheduler_gone(self) -> ClusterError:
        return ClusterError(
            f"the Dask scheduler at {self._client.scheduler.address if self._client.scheduler else '?'} has gone "
            "away. What was done is in the journal: start the scheduler again, and the same command goes on"
        )

    def _after_error(self, task: _Task, error: BaseException | None) -> list[Outcome]:
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            raise error if isinstance(error, MaskingError) else no_work(error)
        deaths = error.allowed_failures + 1
        if not task.alone:
            log.warning("%d workers died over a chunk of %d items; trying each alone", deaths, len(task.items))
            self._suspects.extend(_Task(task.chunk, {key: item}, alone=True) for key, item in task.items.items())
            return []
        reason = (
            f"{deaths} worker processes died of this {self._words.item}: killed, out of memory, or a crash in a "
            "library that it provokes"
        )
        return [self._failed(item, reason) for item in task.items.values()]

    def _failed(self, item: Item, reason: str) -> Outcome:
        """The outcome of an item that no worker survives. Whatever they or an earlier run wrote for it is removed."""
        try:
            self._files.withdraw(item)
        except PublishError as error:
            reason = f"{reason}; and {error}"
        return failed(item, reason)

    def _count_threads(self) -> None:
        if time.monotonic() - self._threads_counted > COUNT_WORKERS_SECONDS:
            self._threads = max(1, sum(threads_by_worker(self._client).values()))
            self._threads_counted = time.monotonic()


def needed_resources(options: RunOptions) -> dict[str, float] | None:
    """What [RUN] RESOURCES asks of a worker, as Dask takes it."""
    wanted = (part.partition("=") for part in options.resources.split(",") if part.strip())
    return {name.strip(): float(amount) for name, _, amount in wanted} or None


def no_work(error: BaseException | None) -> ClusterError:
    """What to say where a task ends with an `error` that isn't the project's own."""
    if isinstance(error, ImportError):
        return ClusterError(
            f"the scheduler or a worker can't import the project or a package ({first_line(error)}). Install it on "
            f"every node, or start scheduler and workers with PYTHONPATH={PROJECT_FOLDER}"
        )
    what = first_line(error) if isinstance(error, Exception) else type(error).__name__
    return ClusterError(
        f"scheduler and workers can't do the work ({what}). They need this project in this version, and Dask in the "
        "command's version"
    )
