"""Worker processes on this machine, or a running cluster, by Dask distributed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from masking.config import Config
from masking.config.options import PROJECT_FOLDER, RunOptions
from masking.dataset import PreparedImage
from masking.dataset.lock import WorkPermit
from masking.engines import Engine, MakeMasker, Models
from masking.engines.dispatch import Dispatcher
from masking.engines.interruption import Interruption
from masking.engines.worker import Job, load_models
from masking.errors import ClusterError, MaskingError
from masking.outcome import Outcome
from masking.runtime import ONE_THREAD

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

CONNECT_SECONDS = 10
DASK_SETTINGS = {
    "distributed.comm.timeouts.connect": CONNECT_SECONDS,
    # Dask's dashboard alone shows profiles, and every process keeps an hour of them.
    "distributed.worker.profile.enabled": False,
    # What is logged of a chunk for Dask's developers holds all its images.
    "distributed.admin.low-level-log-length": 100,
}
DEATHS_ALLOWED = 1
"""How often a chunk may lose its worker and be tried again before its images are looked at one by one."""


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
        items: Iterable[PreparedImage | Outcome],
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
def open_dask_engine(config: Config, make_masker: MakeMasker) -> Iterator[Engine]:
    """Start or join the cluster, and have the models loaded there."""
    import dask
    from distributed import Client

    _send_logs_to_run_log()
    with dask.config.set(DASK_SETTINGS):
        if config.run.scheduler:
            try:
                client = Client(config.run.scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
            except (OSError, ValueError) as error:
                raise ClusterError(
                    f"no Dask scheduler answers at SCHEDULER = {config.run.scheduler} ({error}). Start one with "
                    "`dask scheduler`, and workers with `dask worker` (docs/scaling.md)"
                ) from error
            with client:
                yield _engine(client, config, make_masker)
            return
        with _local_cluster(config.run.workers) as cluster, Client(cluster, set_as_default=False) as client:
            _send_logs_to_run_log()
            yield _engine(client, config, make_masker)


def _local_cluster(workers: int) -> LocalCluster:
    """Start worker processes on this machine. Raises ClusterError where it doesn't let them be started."""
    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            # Never the fixed port that another cluster on this machine may have, and open to this machine only.
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            scheduler_kwargs={"allowed_failures": DEATHS_ALLOWED, "dashboard": False},
            env=ONE_THREAD,
            preload=["masking.engines.worker"],
        )
    except (OSError, RuntimeError) as error:
        raise ClusterError(
            f"the {workers} worker processes can't be started ({_first_cause(error)!r}). They need a /dev/shm that you "
            "can write to, and free processes and ports; --workers 1 needs none of that"
        ) from error


def _first_cause(error: BaseException) -> BaseException:
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _engine(client: Client, config: Config, make_masker: MakeMasker) -> DaskEngine:
    from distributed import KilledWorker

    job = Job(config, make_masker)
    try:
        models = _load_models(client, job)
    except MaskingError:
        raise
    except ImportError as error:
        raise ClusterError(
            f"the workers can't import the project ({error}). Install it on every node, or start the workers with "
            f"PYTHONPATH={PROJECT_FOLDER}"
        ) from error
    except KilledWorker as error:
        raise ClusterError("the workers died while they loaded the models; is there enough memory for them?") from error
    return DaskEngine(client, job, models, config.run)


def _load_models(client: Client, job: Job) -> Models:
    """Into every worker of our own, so that all begin at once; of a cluster, into whichever is free.

    A worker that dies meanwhile comes back under another address, so none may be insisted on.
    """
    places: list[dict[str, object]] = [{"resources": needed_resources(job.config.run)}]
    if not job.config.run.scheduler:
        places = [{"workers": [address], "allow_other_workers": True} for address in client.nthreads()]
    loading = [client.submit(load_models, job, pure=False, **place) for place in places]
    errors = [future.exception() for future in loading]
    done: Models = loading[errors.index(None) if None in errors else 0].result()
    return done


def needed_resources(options: RunOptions) -> dict[str, float] | None:
    """What [RUN] RESOURCES asks of a worker, as Dask takes it."""
    wanted = (part.partition("=") for part in options.resources.split(",") if part.strip())
    return {name.strip(): float(amount) for name, _, amount in wanted} or None


def _send_logs_to_run_log() -> None:
    """Dask's warnings go where everything else that is logged goes, not to the terminal."""
    logger = logging.getLogger("distributed")
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.WARNING)
