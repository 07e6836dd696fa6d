"""What all engines have in common, and what worker processes must survive."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from masking.core.config import Config
from masking.core.errors import ClusterError, ModelFileError
from masking.dataset import PreparedImage, walk
from masking.masks.status import Status
from masking.pipeline.engines import dask_engine
from masking.pipeline.engines.base import Engine
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.engines.registry import open_engine
from masking.pipeline.lock import run_lock
from masking.pipeline.outcome import Outcome
from tests.pipeline.engines.obedient import NO_MODEL, ObedientStage

MakeConfig = Callable[..., Config]


@pytest.fixture(scope="module", params=["WORKERS=1", "WORKERS=2"])
def engine_and_config(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Each engine, once for all tests of this module: starting worker processes takes seconds."""
    from masking.core.config import load_config

    folder = tmp_path_factory.mktemp("engine")
    (folder / "query").mkdir()
    config = load_config(
        None,
        [
            ("", "DEFAULT.INPUT_FOLDER", str(folder / "query")),
            ("", "DEFAULT.OUTPUT_FOLDER", str(folder / "output")),
            ("", f"RUN.{request.param.partition('=')[0]}", request.param.partition("=")[2]),
            ("", "RUN.CHUNK_SIZE", "3"),
        ],
    )
    with open_engine(ObedientStage(), config) as engine:
        yield engine, config


@pytest.fixture
def engine(engine_and_config: tuple[Engine, Config]) -> Engine:
    return engine_and_config[0]


@pytest.fixture
def config(engine_and_config: tuple[Engine, Config]) -> Config:
    return engine_and_config[1]


def images(config: Config, orders: list[str], name: str) -> list[PreparedImage]:
    video = config.folders.input_folder / name / "1"
    video.mkdir(parents=True)
    for number, order in enumerate(orders):
        (video / f"{number:03d}_prep.png").write_text(order)
    return [
        entry
        for entry in walk(config.folders.input_folder)
        if isinstance(entry, PreparedImage) and entry.identity == name
    ]


def run(
    engine: Engine, config: Config, items: list[PreparedImage | Outcome], interruption: Interruption | None = None
) -> tuple[list[Outcome], list[Outcome]]:
    """Outcomes as they were yielded, and as they became known."""
    known: list[Outcome] = []
    config.folders.output_folder.mkdir(exist_ok=True)
    with run_lock(config.folders.input_folder, config.folders.output_folder) as permit:
        return list(engine.run(items, permit, interruption or Interruption(), known.extend)), known


def test_outcomes_come_in_the_order_of_the_tree_and_known_ones_pass_through(
    engine: Engine, config: Config, request: pytest.FixtureRequest
) -> None:
    to_do = images(config, ["mask"] * 20, "order")
    known = Outcome("order", "1", "known", Status.NO_FACE, recorded=True)
    yielded, done = run(engine, config, [known, *to_do[:10], known, *to_do[10:], known])
    names = [image.path.name for image in to_do]
    assert [outcome.name for outcome in yielded] == ["known", *names[:10], "known", *names[10:], "known"]
    assert sorted(outcome.name for outcome in done) == names
    here = str(os.getpid())
    assert {outcome.reason == here for outcome in done} == {config.run.workers == 1}


def test_the_models_are_known_before_the_first_image(engine: Engine) -> None:
    assert engine.models.descriptions == {"reconstructor": "obedience"}
    assert engine.models.fingerprint == b"\1" * 32


def test_once_asked_to_stop_it_begins_no_more_and_yields_what_is_done(engine: Engine, config: Config) -> None:
    to_do = images(config, ["mask"] * 60, "stop")
    interruption = Interruption()

    def items() -> Iterator[PreparedImage]:
        for number, image in enumerate(to_do):
            interruption.requested = number >= 20
            yield image

    yielded, done = run(engine, config, items(), interruption)
    assert 0 < len(yielded) <= 24
    assert [outcome.name for outcome in yielded] == [image.path.name for image in to_do[: len(yielded)]]
    assert len(done) == len(yielded)


def test_warnings_of_a_worker_reach_the_runs_own_log(
    engine: Engine, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    run(engine, config, images(config, ["mask", "warn"], "warn"))
    assert "001_prep.png wants a warning" in caplog.text


def test_a_worker_that_reports_what_is_not_there_is_not_believed(engine: Engine, config: Config) -> None:
    if config.run.workers == 1:
        pytest.skip("this process believes itself")
    to_do = images(config, ["mask", "lie", "mask"], "lie")
    yielded, _ = run(engine, config, to_do)
    assert [outcome.status for outcome in yielded] == [Status.MASKED, Status.FAILED, Status.MASKED]
    assert "not all there" in yielded[1].reason
    assert not to_do[1].path.with_name("001_prep_overlay.png").exists()
    assert to_do[0].path.with_name("000_prep_overlay.png").exists()


def test_only_the_image_that_kills_its_worker_fails(engine: Engine, config: Config) -> None:
    if config.run.workers == 1:
        pytest.skip("what kills this process kills the run")
    to_do = images(config, ["mask", "mask", "die", "mask"] + ["mask"] * 8, "die")
    earlier = to_do[2].path.with_name("002_prep_overlay.png")
    earlier.write_text("an earlier run's")
    yielded, done = run(engine, config, to_do)
    assert [outcome.status for outcome in yielded] == [
        Status.FAILED if number == 2 else Status.MASKED for number in range(12)
    ]
    assert "2 worker processes died" in yielded[2].reason
    assert sorted(outcome.name for outcome in done) == [image.path.name for image in to_do]
    assert not earlier.exists()
    assert not list(earlier.parent.glob(".*"))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_missing_model_is_reported_with_its_remedy(make_config: MakeConfig, tmp_path: Path, workers: int) -> None:
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", f"DEFAULT.OUTPUT_FOLDER={tmp_path / NO_MODEL}", f"RUN.WORKERS={workers}")
    with pytest.raises(ModelFileError, match="Get it from its authors"), open_engine(ObedientStage(), config):
        pass


def test_a_scheduler_that_does_not_answer_is_reported(
    make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 1)
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", "RUN.SCHEDULER=tcp://127.0.0.1:9")
    started = time.monotonic()
    with (
        pytest.raises(ClusterError, match="no Dask scheduler answers at SCHEDULER"),
        open_engine(ObedientStage(), config),
    ):
        pass
    assert time.monotonic() - started < 10


def test_processes_are_started_for_an_image_and_not_for_what_is_known(
    make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    start = dask_engine._local_client
    monkeypatch.setattr(dask_engine, "_local_client", lambda workers: started.append(workers) or start(workers))
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", "RUN.WORKERS=2")
    known = [Outcome("order", "1", str(number), Status.MASKED, recorded=True) for number in range(5)]
    with open_engine(ObedientStage(), config) as engine:
        assert run(engine, config, known) == (known, [])
        assert started == []
        yielded, _ = run(engine, config, [*known, *images(config, ["mask"], "new")])
        assert [outcome.status for outcome in yielded] == [Status.MASKED] * 6
        assert started == [2]


def test_worker_processes_that_the_machine_does_not_let_start_are_reported(
    make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_allowed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # What multiprocessing meets where /dev/shm can't be written to, as in some containers.
    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", not_allowed)
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", "RUN.WORKERS=2")
    to_do = images(config, ["mask"], "denied")
    with (
        open_engine(ObedientStage(), config) as engine,
        pytest.raises(ClusterError, match=r"Permission denied.*/dev/shm"),
    ):
        run(engine, config, to_do)
