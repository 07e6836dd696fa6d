"""A Dask cluster that somebody else has started: the same bytes, and a clear word where it goes away."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from masking.core.errors import ExitCode
from tests.pipeline.engines.cluster import Cluster, running_cluster
from tests.pipeline.engines.killing import command, copy_images, finish, outputs

pytestmark = pytest.mark.thorough

IMAGES = 24


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path) as started:
        yield started


def make_tree(example_trees: Path, folder: Path, images: int = IMAGES) -> Path:
    copy_images(sorted(example_trees.rglob("*_prep.png")), images, folder / "query")
    return folder


def test_one_worker_two_workers_and_a_cluster_give_the_same_bytes(
    cluster: Cluster, example_trees: Path, tmp_path: Path
) -> None:
    written = []
    for name, arguments in (
        ("one", ["--workers", "1"]),
        ("two", ["--workers", "2", "--set", "RUN.CHUNK_SIZE=3"]),
        ("cluster", ["--set", f"RUN.SCHEDULER={cluster.address}", "--set", "RUN.CHUNK_SIZE=2"]),
    ):
        folder = make_tree(example_trees, tmp_path / name)
        with command(folder, *arguments) as process:
            finish(process)
        written.append(outputs(folder))
    assert len(written[0]) == IMAGES * 7
    assert written[0] == written[1] == written[2]


def test_a_scheduler_that_goes_away_ends_the_run_and_the_next_goes_on(
    cluster: Cluster, example_trees: Path, tmp_path: Path
) -> None:
    folder = make_tree(example_trees, tmp_path / "tree", 100)
    with command(folder, "--set", f"RUN.SCHEDULER={cluster.address}", "--set", "RUN.CHUNK_SIZE=2") as process:
        while process.poll() is None and len(list((folder / "query").rglob("*_overlay.png"))) < 20:
            time.sleep(0.05)
        cluster.scheduler.kill()
        said, _ = process.communicate(timeout=90)
    assert process.returncode == ExitCode.CLUSTER, said
    assert "has gone away" in said
    assert "Traceback" not in said
    for worker in cluster.workers:
        worker.terminate()
        worker.communicate(timeout=60)
    with command(folder) as process:
        said = finish(process)
    assert re.search(r"Skipped: \d+ images, done by an earlier run", said)
    assert len(outputs(folder)) == 100 * 7
