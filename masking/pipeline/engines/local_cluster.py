"""Worker processes on this machine, which no other user can talk to and which listen on no port."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Nanny, Scheduler, SpecCluster, Worker
from distributed.worker_memory import parse_memory_limit

from masking.core.process import ONE_THREAD
from masking.core.safe_files import temporary_folder
from masking.pipeline.engines.private_sockets import HOST, SCHEME, SOCKET_FOLDER

LONGEST_FOLDER = 80
"""Characters: the kernels take 104 (macOS) or 108 for a Unix socket's whole path."""
PREFIX = "masking-workers-"


class _WithoutPages:
    """Neither scheduler nor workers serve pages: they would need a port, and anyone could look."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Do nothing."""


class PrivateScheduler(_WithoutPages, Scheduler):
    """A scheduler without pages."""


class PrivateWorker(_WithoutPages, Worker):
    """A worker without pages. Unpickling it in its process imports what its address needs."""


@contextmanager
def local_cluster(workers: int, deaths_allowed: int) -> Iterator[SpecCluster]:
    """Start `workers` processes; they end with the block. Raises OSError or RuntimeError where they can't be started.

    A task may lose its worker `deaths_allowed` times and is tried again.
    """
    with private_folder() as folder, dask.config.set(_all_in(folder)):
        common = {"host": HOST, "protocol": f"{SCHEME}://"}
        worker = {
            **common,
            "worker_class": PrivateWorker,
            "nthreads": 1,
            "memory_limit": parse_memory_limit("auto", 1, workers, logger=logging.getLogger(__name__)),
            "silence_logs": logging.CRITICAL,
            "env": ONE_THREAD,
            "preload": ["masking.pipeline.engines.worker"],
        }
        scheduler = {**common, "port": 0, "dashboard": False, "allowed_failures": deaths_allowed}
        with SpecCluster(
            scheduler={"cls": PrivateScheduler, "options": scheduler},
            workers={number: {"cls": Nanny, "options": worker} for number in range(workers)},
            silence_logs=logging.CRITICAL,
        ) as cluster:
            yield cluster


def _all_in(folder: Path) -> dict[str, str]:
    """Dask's settings that keep everything in `folder`; its own scratch folder has a name that anyone may take."""
    return {SOCKET_FOLDER: str(folder), "temporary-directory": str(folder)}


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder of this user's alone, with a path short enough for sockets in it."""
    usual = tempfile.gettempdir()
    parent = usual if len(os.fsencode(usual)) + len(PREFIX) < LONGEST_FOLDER else "/tmp"  # noqa: S108 - made for us alone
    with temporary_folder(PREFIX, parent) as folder:
        yield folder
