"""Worker processes on this machine, or a running cluster, by Dask distributed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from masking.core.code_identity import identity
from masking.core.config import Config
from masking.core.config.options import RunOptions
from masking.core.errors import ClusterError, MaskingError
from masking.pipeline.engines import remote_cluster
from masking.pipeline.engines.base import Engine, Models
from masking.pipeline.engines.dispatch import Dispatcher, needed_resources, no_work
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.engines.remote_cluster import joined_cluster, threads_by_worker
from masking.pipeline.engines.worker import Job, load_models
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Item, Outcome
from masking.pipeline.stage import Stage

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = remote_cluster.CONNECT_SECONDS
DASK_SETTINGS = {
    "distributed.comm.timeouts.connect": CONNECT_SECONDS,
    # Dask's dashboard alone shows profiles, and every process keeps an hour of them.
    "distributed.worker.profile.enabled": False,
    # What is logged of a chunk for Dask's developers holds all its items.
    "distributed.admin.low-level-log-length": 100,
}
DEATHS_ALLOWED = 1
"""How often a chunk may lose its worker and be tried again before its items are tried one by one."""


class DaskEngine:
    """Implements Engine with the workers of a Dask scheduler."""

    def __init__(self, client: Client, job: Job, models: Models, options: RunOptions) -> None:
        self.models = models
        self.description = describe(options)
        self._client = client
        self._job = job
        self._options = options

    def run(
        self,
        items: Iterable[Item | Outcome],
        permit: WorkPermit,
        interruption: Interruption,
        on_done: Callable[[Iterable[Outcome]], None],
    ) -> Iterator[Outcome]:
        """As Engine. Raises ClusterError where the scheduler goes away."""
        dispatcher = Dispatcher(self._client, self._job, permit, self.models.fingerprint, self._options)
        return dispatcher.run(items, interruption, on_done)


def describe(options: RunOptions) -> str:
    """Where the work runs, for people."""
    if options.scheduler:
        return f"the Dask cluster at {options.scheduler}"
    return f"{options.workers} processes" if options.workers > 1 else "this process"


@contextmanager
def open_dask_engine(stage: Stage, config: Config) -> Iterator[Engine]:
    """Start or join the cluster, and have the models loaded there. Raises ClusterError where it can't be used."""
    import dask
    import distributed  # noqa: F401 - sets its log up as it is imported

    _send_logs_to_run_log()
    with dask.config.set(DASK_SETTINGS):
        if config.run.scheduler:
            with joined_cluster(config.run, CONNECT_SECONDS) as client:
                yield _engine(client, stage, config)
            return
        with _local_client(config.run.workers) as client:
            _send_logs_to_run_log()
            yield _engine(client, stage, config)


@contextmanager
def _local_client(workers: int) -> Iterator[Client]:
    """A client of worker processes on this machine. Raises ClusterError where it doesn't let them be started."""
    from distributed import Client

    from masking.pipeline.engines.local_cluster import local_cluster

    with ExitStack() as open_things:
        try:
            cluster = open_things.enter_context(local_cluster(workers, DEATHS_ALLOWED))
            client = open_things.enter_context(Client(cluster, set_as_default=False))
        except (OSError, RuntimeError) as error:
            raise ClusterError(
                f"the {workers} worker processes can't be started ({_first_cause(error)!r}). They need a /dev/shm and "
                "a temporary folder that you can write to, and free processes; --workers 1 needs none of that"
            ) from error
        yield client


def _first_cause(error: BaseException) -> BaseException:
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _engine(client: Client, stage: Stage, config: Config) -> DaskEngine:
    from distributed import KilledWorker

    job = Job(stage, config)
    try:
        models = _load_models(client, job)
    except MaskingError:
        raise
    except KilledWorker as error:
        raise ClusterError("the workers died while they loaded the models; is there enough memory for them?") from error
    except Exception as error:
        raise no_work(error) from error
    return DaskEngine(client, job, models, config.run)


def _load_models(client: Client, job: Job) -> Models:
    """Into every worker of our own, so that all begin at once; of a cluster, into whichever is free.

    A worker that dies meanwhile comes back under another address, so none may be insisted on.
    """
    targets: list[dict[str, object]] = [{"resources": needed_resources(job.config.run)}]
    if job.config.run.scheduler:
        _check_that_all_have_the_project(client, targets[0])
    if not job.config.run.scheduler:
        targets = [{"workers": [address], "allow_other_workers": True} for address in client.nthreads()]
    loading = [client.submit(load_models, job, dict(identity()), pure=False, **target) for target in targets]
    errors = [_error_of(future, client) for future in loading]
    done = loading[errors.index(None) if None in errors else 0].result()
    if not isinstance(done, Models):
        raise TypeError("a worker's answer holds no models")
    return done


def _check_that_all_have_the_project(client: Client, anywhere: dict[str, object]) -> None:
    """Have each worker import the project; raises what a worker raises that can't.

    A worker without it dies of the first message that names something of the project, and says nothing.
    """
    addresses = list(threads_by_worker(client, CONNECT_SECONDS))
    targets = [{"workers": [address], "allow_other_workers": True} for address in addresses] or [anywhere]
    importing = [client.submit(import_module, load_models.__module__, pure=False, **target) for target in targets]
    for future in importing:
        if (error := _error_of(future, client)) is not None:
            raise error


def _error_of(future: Future[Any], client: Client) -> BaseException | None:
    """What went wrong, once the task is over. A queue may take hours to give a run its first worker; but a scheduler
    that doesn't answer meanwhile is gone, and so are workers that were there and are no more.
    """
    had_workers = False
    while True:
        try:
            error: BaseException | None = future.exception(timeout=CONNECT_SECONDS)
        except (TimeoutError, asyncio.TimeoutError):  # noqa: PERF203 - seconds apart
            has_workers = bool(threads_by_worker(client, CONNECT_SECONDS))
            if had_workers and not has_workers:
                raise ClusterError("all of the cluster's workers have ended; see their logs") from None
            had_workers = has_workers
        else:
            return error


def _send_logs_to_run_log() -> None:
    """Dask's warnings go where everything else that is logged goes, not to the terminal."""
    logger = logging.getLogger("distributed")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)
