"""What a dispatcher makes of answers, deaths and errors, on a cluster that answers at once and as the test has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import KilledWorker

from masking.core.code_identity import identity
from masking.core.config import Config
from masking.core.errors import ClusterError, LockedError
from masking.pipeline.engines import dispatch
from masking.pipeline.engines.answers import NOT_THERE
from masking.pipeline.engines.dispatch import COUNT_WORKERS_SECONDS, IN_FLIGHT_PER_THREAD, Dispatcher, needed_resources
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.engines.worker import ChunkResult, Job, worker_key
from masking.pipeline.lock import WorkPermit
from masking.pipeline.outcome import FAILED, Outcome
from tests.pipeline.toy import ShoutFiles, ShoutStage, Text

Answer = Callable[[Sequence[Text]], "ChunkResult | Exception | str"]
DEATHS = 2


def silent(items: Sequence[Text]) -> ChunkResult:
    """The answer of a worker that has found nothing to shout."""
    outcomes = [Outcome(item.identity, item.video, item.name, "silent", "quiet") for item in items]
    return ChunkResult(outcomes, [], worker_key(identity(), b"models"))


def killed() -> KilledWorker:
    return KilledWorker("task", SimpleNamespace(address="tcp://nowhere"), DEATHS - 1)  # type: ignore[arg-type]


class Cluster:
    """As Dask's Client. together: for each task how many were at work, itself included."""

    scheduler = SimpleNamespace(address="tcp://nowhere")

    def __init__(self, answer: Answer) -> None:
        self.chunks: list[list[str]] = []
        self.together: list[int] = []
        self.resources: object = None
        self.options: dict[str, object] = {}
        self.cancelled: list[object] = []
        self.at_work: Callable[[], int] = lambda: 0
        self._answer = answer

    def submit(self, function: object, *arguments: Any, resources: object, **options: object) -> SimpleNamespace:
        items = arguments[-1]
        self.chunks.append([item.name for item in items])
        self.together.append(self.at_work() + 1)
        self.resources, self.options = resources, options
        answer = self._answer(items)
        status = answer if isinstance(answer, str) else "error" if isinstance(answer, Exception) else "finished"
        return Task(status, answer)

    def cancel(self, futures: list[object]) -> None:
        self.cancelled = futures


class Task(SimpleNamespace):
    """As Dask's Future."""

    def __init__(self, status: str, answer: object) -> None:
        super().__init__(status=status, result=lambda: answer, exception=lambda: answer)

    def add_done_callback(self, callback: Callable[[Task], None]) -> None:
        callback(self)

    __hash__ = object.__hash__


class Run:
    """A dispatcher over texts named 0.txt, 1.txt, ... on a cluster that answers as `answer`."""

    def __init__(self, config: Config, answer: Answer) -> None:
        self.config, self.cluster, self.done = config, Cluster(answer), []
        self.interruption = Interruption()
        permit = WorkPermit("", "")
        self.dispatcher = Dispatcher(
            self.cluster,
            Job(ShoutStage(), config),
            permit,
            b"models",
            config.run,  # type: ignore[arg-type]
        )
        self.cluster.at_work = lambda: len(self.dispatcher._in_flight)

    def over(self, items: Sequence[Text | Outcome]) -> Iterator[Outcome]:
        return self.dispatcher.run(items, self.interruption, self.done.extend)


@pytest.fixture
def run(make_config: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    (tmp_path / "query").mkdir()

    def make(answer: Answer = silent, *settings: str, threads: int = 1) -> Run:
        monkeypatch.setattr(dispatch, "threads_by_worker", lambda client: {"worker": threads})
        return Run(make_config(tmp_path / "query", *(settings or ("RUN.CHUNK_SIZE=2",))), answer)

    return make


def texts(count: int) -> list[Text]:
    return [Text("Ada", "1", Path(f"{number}.txt")) for number in range(count)]


def names(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.name for outcome in outcomes]


def test_each_item_is_given_to_one_worker_and_reported_once(run: Callable[..., Run]) -> None:
    asked = run()
    outcomes = list(asked.over(texts(5)))
    assert names(outcomes) == names(asked.done) == [f"{number}.txt" for number in range(5)]
    assert asked.cluster.chunks == [["0.txt", "1.txt"], ["2.txt", "3.txt"], ["4.txt"]]
    assert asked.cluster.cancelled == []
    assert asked.cluster.options == {"pure": False}, "an answer that Dask remembers has written no file"


def test_what_is_known_costs_no_task_and_keeps_its_place(run: Callable[..., Run]) -> None:
    asked = run()
    known = Outcome("Ada", "1", "known.txt", "shouted", recorded=True)
    assert names(list(asked.over([known, *texts(1), known]))) == ["known.txt", "0.txt", "known.txt"]
    assert asked.cluster.chunks == [["0.txt"]]
    assert names(asked.done) == ["0.txt"]
    again = run()
    assert names(list(again.over([known] * 600))) == ["known.txt"] * 600
    assert again.cluster.chunks == []


@pytest.mark.parametrize("threads", [1, 3])
def test_each_thread_has_one_chunk_at_work_and_one_waiting(run: Callable[..., Run], threads: int) -> None:
    asked = run(threads=threads)
    next(asked.over(texts(40)))
    assert max(asked.cluster.together) == IN_FLIGHT_PER_THREAD * threads


def test_workers_that_come_are_counted_after_a_while(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(dispatch.time, "monotonic", lambda: now[0])
    asked = run()
    outcomes = asked.over(texts(100))
    next(outcomes)
    monkeypatch.setattr(dispatch, "threads_by_worker", lambda client: {"worker": 1, "other": 4})
    now[0] = COUNT_WORKERS_SECONDS - 0.1
    for _ in range(10):
        next(outcomes)
    assert max(asked.cluster.together) == IN_FLIGHT_PER_THREAD
    now[0] = COUNT_WORKERS_SECONDS + 0.1
    list(outcomes)
    assert max(asked.cluster.together) == 5 * IN_FLIGHT_PER_THREAD


def test_a_cluster_that_has_lost_its_workers_is_still_asked_for_one(run: Callable[..., Run]) -> None:
    asked = run(threads=0)
    assert len(list(asked.over(texts(4)))) == 4


def test_of_a_chunk_that_kills_only_the_item_that_kills_alone_fails(run: Callable[..., Run]) -> None:
    def answer(items: Sequence[Text]) -> ChunkResult | Exception:
        return killed() if "1.txt" in [item.name for item in items] else silent(items)

    asked = run(answer, "RUN.CHUNK_SIZE=3")
    outcomes = list(asked.over(texts(9)))
    assert names(outcomes) == [f"{number}.txt" for number in range(9)]
    assert [outcome.status for outcome in outcomes] == ["silent", FAILED, *["silent"] * 7]
    assert outcomes[1].reason.startswith(f"{DEATHS} worker processes died of this text: ")
    assert asked.cluster.chunks[2:5] == [["0.txt"], ["1.txt"], ["2.txt"]]
    assert asked.cluster.together[2:5] == [1, 1, 1], "nothing else is at work meanwhile"
    assert sorted(names(asked.done)) == names(outcomes), "each is reported once"


def test_what_the_item_that_kills_had_written_goes_and_what_stays_is_named(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(lambda items: killed(), "RUN.CHUNK_SIZE=1")
    (text,) = texts(1)
    written = ShoutFiles(asked.config).path(text)
    written.parent.mkdir(parents=True)
    written.write_text("HALF")
    list(asked.over([text]))
    assert not written.exists()

    def refuse(self: ShoutFiles, item: Text) -> None:
        raise dispatch.PublishError(f"{item.name} stays")

    monkeypatch.setattr(ShoutFiles, "withdraw", refuse)
    (outcome,) = run(lambda items: killed(), "RUN.CHUNK_SIZE=1").over([text])
    assert outcome.reason.endswith("; and 0.txt stays")


def test_an_answer_whose_files_are_not_there_is_a_failure_and_what_there_is_goes(run: Callable[..., Run]) -> None:
    def answer(items: Sequence[Text]) -> ChunkResult:
        outcomes = [
            Outcome(item.identity, item.video, item.name, "shouted", outputs={"elsewhere": None})  # type: ignore[dict-item]
            for item in items
        ]
        return ChunkResult(outcomes, [], worker_key(identity(), b"models"))

    asked = run(answer)
    (text,) = texts(1)
    written = ShoutFiles(asked.config).path(text)
    written.parent.mkdir(parents=True)
    written.write_text("OTHER")
    (outcome,) = asked.over([text])
    assert (outcome.status, outcome.reason) == (FAILED, NOT_THERE)
    assert not written.exists()


@pytest.mark.parametrize(
    ("error", "raised", "said"),
    [
        (LockedError("the run is over"), LockedError, "the run is over"),
        (ImportError("no masking"), ClusterError, r"can't import the project or a package \(no masking\)"),
        (ValueError("what?"), ClusterError, r"can't do the work \(what\?\)"),
    ],
)
def test_an_error_of_the_work_itself_ends_the_run(
    run: Callable[..., Run], error: Exception, raised: type[Exception], said: str
) -> None:
    with pytest.raises(raised, match=said):
        list(run(lambda items: error).over(texts(3)))


def test_a_scheduler_that_goes_away_ends_the_run_and_is_asked_to_cancel_the_rest(run: Callable[..., Run]) -> None:
    asked = run(lambda items: "cancelled")
    with pytest.raises(ClusterError, match="scheduler at tcp://nowhere has gone away"):
        list(asked.over(texts(10)))
    assert len(asked.cluster.cancelled) == IN_FLIGHT_PER_THREAD - 1


def test_once_it_is_asked_to_stop_no_chunk_is_begun_and_what_is_at_work_is_waited_for(run: Callable[..., Run]) -> None:
    asked = run()
    outcomes = asked.over(texts(40))
    first, begun = next(outcomes), list(asked.cluster.chunks)
    asked.interruption.requested = True
    rest = list(outcomes)
    assert asked.cluster.chunks == begun
    assert names([first, *rest]) == [name for chunk in begun for name in chunk]


def test_resources_are_what_the_option_names(run: Callable[..., Run]) -> None:
    asked = run(silent, "RUN.SCHEDULER=tcp://127.0.0.1:1", "RUN.RESOURCES=GPU=1, memory=2.5")
    list(asked.over(texts(1)))
    assert asked.cluster.resources == {"GPU": 1.0, "memory": 2.5}
    assert needed_resources(run().config.run) is None
