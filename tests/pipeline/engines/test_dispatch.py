"""How many chunks a dispatcher takes in hand, on a cluster whose tasks end when the test says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from masking.core.code_identity import identity
from masking.core.config import Config
from masking.pipeline.engines import dispatch
from masking.pipeline.engines.dispatch import IN_FLIGHT_PER_THREAD, WAITING_PER_THREAD, Dispatcher
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.engines.worker import ChunkResult, Job, worker_key
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import Outcome
from tests.pipeline.toy import ShoutStage, Text

CHUNK = 2


class Task:
    """As Dask's Future, over once `end` is called."""

    status = "pending"

    def __init__(self, items: list[Text], ends: bool) -> None:
        self._ends = ends
        outcomes = [Outcome(item.identity, item.video, item.name, "silent", "quiet") for item in items]
        self._result = ChunkResult(outcomes, [], worker_key(identity(), b"models"))

    def add_done_callback(self, callback: Callable[[Task], None]) -> None:
        self._callback = callback
        if self._ends:
            threading.Timer(0.001, self.end).start()

    def result(self) -> ChunkResult:
        return self._result

    def lose(self) -> None:
        """The worker that had finished it died before its answer was fetched."""
        self.status = "lost"
        self._callback(self)

    def end(self) -> None:
        self.status = "finished"
        self._callback(self)


class Cluster:
    """As Dask's Client with one worker, which never ends the first task by itself."""

    scheduler = SimpleNamespace(address="nowhere")

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def submit(self, function: object, *arguments: object, **options: object) -> Task:
        task = Task(arguments[-1], ends=bool(self.tasks))  # type: ignore[arg-type]
        self.tasks.append(task)
        return task

    def cancel(self, futures: object) -> None:
        pass


@pytest.mark.parametrize("threads", [1, 3])
def test_finished_chunks_that_wait_for_an_earlier_one_are_bounded(
    make_config: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setattr(dispatch, "threads_by_worker", lambda client: {"worker": threads})
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", f"RUN.CHUNK_SIZE={CHUNK}")
    cluster, taken = Cluster(), []

    def items() -> Iterator[Text]:
        for number in range(200):
            taken.append(number)
            yield Text("Ada", "1", Path(f"{number:03}.txt"))

    job = Job(ShoutStage(), config)
    dispatcher = Dispatcher(cluster, job, WorkPermit("", ""), b"models", config.run)  # type: ignore[arg-type]
    names: list[str] = []
    work = threading.Thread(
        target=lambda: names.extend(one.name for one in dispatcher.run(items(), Interruption(), lambda _: None))
    )
    work.start()
    waiting = CHUNK * WAITING_PER_THREAD * threads
    deadline = time.monotonic() + 20
    while len(taken) < waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    try:
        assert waiting <= len(taken) <= waiting + CHUNK * IN_FLIGHT_PER_THREAD * threads
        assert names == []
    finally:
        cluster.tasks[0].end()
        work.join(timeout=60)
    assert names == [f"{number:03}.txt" for number in range(200)]


def test_an_answer_that_died_with_its_worker_is_waited_for_once_more(
    make_config: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "threads_by_worker", lambda client: {"worker": 1})
    (tmp_path / "query").mkdir()
    config, cluster = make_config(tmp_path / "query", "RUN.CHUNK_SIZE=1"), Cluster()
    job = Job(ShoutStage(), config)
    dispatcher = Dispatcher(cluster, job, WorkPermit("", ""), b"models", config.run)  # type: ignore[arg-type]
    items = [Text("Ada", "1", Path(f"{number}.txt")) for number in range(3)]
    names: list[str] = []
    work = threading.Thread(
        target=lambda: names.extend(one.name for one in dispatcher.run(items, Interruption(), lambda _: None))
    )
    work.start()
    deadline = time.monotonic() + 20
    while len(cluster.tasks) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    cluster.tasks[0].lose()
    time.sleep(0.2)
    cluster.tasks[0].end()
    work.join(timeout=60)
    assert names == ["0.txt", "1.txt", "2.txt"]
