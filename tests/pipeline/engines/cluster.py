"""A Dask cluster as an administrator would start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from masking.core.config.options import PROJECT_FOLDER


class Cluster:
    """A scheduler and two workers on loopback."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT_FOLDER), "OMP_NUM_THREADS": "1"}
        common = {"cwd": folder, "env": environment, "stderr": subprocess.PIPE, "text": True}
        dask = [sys.executable, "-m", "dask"]
        self.scheduler = subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"], **common
        )
        assert self.scheduler.stderr is not None
        found = None
        while found is None:
            line = self.scheduler.stderr.readline()
            assert line, "the scheduler ended"
            found = re.search(r"Scheduler at: +(tcp://\S+)", line)
        self.address = found[1]
        worker = [*dask, "worker", self.address, "--nthreads", "1", "--dashboard-address", "127.0.0.1:0"]
        common["stderr"] = subprocess.DEVNULL
        self.workers = [subprocess.Popen([*worker, "--name", name], **common) for name in ("first", "second")]

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.send_signal(signal.SIGTERM)
        for process in (*self.workers, self.scheduler):
            process.communicate(timeout=60)


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster whose processes work in `folder`."""
    started = Cluster(folder)
    try:
        yield started
    finally:
        started.stop()
