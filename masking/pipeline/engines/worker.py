"""What runs inside a worker process."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from masking.core.code_identity import Identity, differences, has_changed_since_start, identity
from masking.core.config import Config
from masking.core.errors import ClusterError
from masking.core.fingerprints import fingerprint
from masking.core.process import set_up_process
from masking.pipeline.engines.base import Models
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.stage import Processor, Stage

_of_this_thread = threading.local()


@dataclass(frozen=True)
class Job:
    """What every chunk of a run has in common."""

    stage: Stage
    config: Config


@dataclass(frozen=True)
class ChunkResult:
    """What came of a chunk: outcomes in the order of its items, what was logged on the way, and the worker's `key`."""

    outcomes: list[Outcome]
    log_records: list[logging.LogRecord]
    key: bytes


def load_models(job: Job, code: Identity) -> Models:
    """Load what `job` needs into this worker, unless that has been done, and say what it is.

    Raises ClusterError where this worker's code or libraries are others than those that `code` names.
    """
    check_code(code)
    processor = _processor(job)
    return Models(dict(processor.models), processor.fingerprint)


def do_chunk(job: Job, permit: WorkPermit, code: Identity, models_fingerprint: bytes, items: list[Item]) -> ChunkResult:
    """Do `items` with the models that have this fingerprint, by the code of this identity.

    Raises ClusterError where this worker's models or code differ, LockedError where the run that sent the chunk is
    over.
    """
    check_code(code)
    processor = _processor(job)
    if processor.fingerprint != models_fingerprint:
        raise ClusterError(
            "the workers' models or versions differ, so equal items would get different outputs; give every worker the "
            f"same files. One has {'; '.join(processor.models.values())}"
        )
    with permit.held(), _collected_log() as records:
        outcomes = list(processor.process(items))
        processor.flush()
    return ChunkResult(outcomes, records, worker_key(identity(), processor.fingerprint))


def worker_key(code: Identity, models_fingerprint: bytes) -> bytes:
    """SHA-256 (32 bytes) of all that a worker's outputs depend on."""
    return fingerprint({"code": dict(code), "models": models_fingerprint.hex()})


def check_code(code: Identity) -> None:
    """Raise ClusterError where this process works by other code or libraries than those that `code` names."""
    if found := differences(code, identity()):
        raise ClusterError(
            f"a worker's version differs ({'; '.join(found)}), so equal items would get different outputs; give every "
            "worker the same project and packages, and restart it"
        )


def _processor(job: Job) -> Processor:
    # One for each thread: renderers and networks keep buffers from item to item.
    if getattr(_of_this_thread, "job", None) != job:
        if has_changed_since_start():
            # What is imported from now on would not fit what was imported before.
            raise ClusterError("the project's files have changed since a worker was started; restart it")
        set_up_process()
        _of_this_thread.processor = job.stage.load(job.config)
        _of_this_thread.job = job
    processor: Processor = _of_this_thread.processor
    return processor


class _Collector(logging.handlers.QueueHandler):
    """Keeps log records in a form that can travel to another process."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(queue.SimpleQueue())
        self._records = records

    def enqueue(self, record: logging.LogRecord) -> None:
        self._records.append(record)


@contextmanager
def _collected_log() -> Iterator[list[logging.LogRecord]]:
    """What this process logs while the block runs, warnings and worse."""
    records: list[logging.LogRecord] = []
    handler = _Collector(records)
    handler.setLevel(logging.WARNING)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield records
    finally:
        root.removeHandler(handler)


def dask_setup(worker: object) -> None:
    """Called by Dask as a worker process starts that has this module as its preload.

    A terminal sends Ctrl-C to every process of the command; only the command's own one decides what to do.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
