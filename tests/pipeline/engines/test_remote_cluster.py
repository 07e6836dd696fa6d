"""Whoever answers at SCHEDULER's address is not believed to be a scheduler, nor a worker to have done its work."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from masking.core.code_identity import identity
from masking.core.config import Config
from masking.core.config.options import PROJECT_FOLDER
from masking.core.errors import ClusterError, ConfigError, ExitCode
from masking.core.file_state import FileState
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import MASK_ONLY, MESH, OVERLAY
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.engines.answers import Answers
from masking.pipeline.engines.registry import open_engine
from masking.pipeline.engines.remote_cluster import check_address, joined_cluster
from masking.pipeline.engines.worker import ChunkResult, check_code, worker_key
from masking.pipeline.outcome import Outcome
from tests.pipeline.engines.obedient import ObedientStage
from tests.pipeline.engines.test_cluster import Cluster, cluster, make_tree  # noqa: F401 - a fixture

MakeConfig = Callable[..., Config]
KEY = worker_key(identity(), b"models")


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """An address at which each connection is given to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hand_over(connection: socket.socket) -> None:
            with connection:
                answer(connection)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=hand_over, args=[connection], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def silent(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(4096):
            pass


def http(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 100)
    silent(connection)


def noise(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.sendall(os.urandom(100_000))
    connection.close()


def closing(connection: socket.socket) -> None:
    connection.close()


def dripping(connection: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection.sendall(b"\0")
            time.sleep(0.05)


@pytest.mark.parametrize("answer", [silent, http, noise, closing, dripping], ids=lambda answer: answer.__name__)
def test_whatever_is_not_a_scheduler_ends_the_run_in_time(
    make_config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr("masking.pipeline.engines.dask_engine.CONNECT_SECONDS", 2.0)
    (tmp_path / "query").mkdir()
    started = time.monotonic()
    with server(answer) as address:
        config = make_config(tmp_path / "query", f"RUN.SCHEDULER={address}")
        with pytest.raises(ClusterError, match="no Dask scheduler answers"), open_engine(ObedientStage(), config):
            pass
    assert time.monotonic() - started < 12


@pytest.mark.thorough
def test_a_scheduler_that_stops_answering_ends_the_run(cluster: Cluster, example_trees: Path, tmp_path: Path) -> None:  # noqa: F811
    """Stopped in the middle, as a machine is that has no memory left."""
    import signal

    folder = make_tree(example_trees, tmp_path / "tree", 100)
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), "--input-folder", str(folder / "query")]
    command += ["--output-folder", str(folder / "output"), "--set", f"RUN.SCHEDULER={cluster.address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while process.poll() is None and not list((folder / "query").rglob("*_overlay.png")):
            time.sleep(0.05)
        cluster.scheduler.send_signal(signal.SIGSTOP)
        try:
            said, _ = process.communicate(timeout=90)
        finally:
            cluster.scheduler.send_signal(signal.SIGCONT)
    assert process.returncode == ExitCode.CLUSTER, said
    assert "has not answered" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("address", "unencrypted", "is_accepted"),
    [
        ("tcp://127.0.0.1:8786", False, True),
        ("tcp://localhost:8786", False, True),
        ("tcp://[::1]:8786", False, True),
        ("tls://10.0.0.7:8786", False, True),
        ("tcp://10.0.0.7:8786", False, False),
        ("tcp://10.0.0.7:8786", True, True),
        ("ws://10.0.0.7:8786", False, False),
        ("tcp://0.0.0.0:8786", False, False),
        ("tcp://:8786", False, False),
        ("tcp://127.0.0.1.example.invalid:8786", False, False),
        ("inproc://127.0.0.1:1", True, False),
        ("private://127.0.0.1:1", True, False),
    ],
)
def test_beyond_this_machine_it_is_tls_or_the_users_word(address: str, unencrypted: bool, is_accepted: bool) -> None:
    if is_accepted:
        check_address(address, unencrypted)
        return
    with pytest.raises(ConfigError, match=r"SCHEDULER"):
        check_address(address, unencrypted)


def test_the_command_says_how_to_encrypt(make_config: MakeConfig, tmp_path: Path) -> None:
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", "RUN.SCHEDULER=tcp://10.0.0.7:8786")
    with pytest.raises(ConfigError, match="--tls-ca-file"), open_engine(ObedientStage(), config):
        pass


def test_tls_without_certificates_is_reported(make_config: MakeConfig, tmp_path: Path) -> None:
    (tmp_path / "query").mkdir()
    config = make_config(tmp_path / "query", "RUN.SCHEDULER=tls://127.0.0.1:9")
    with pytest.raises(ClusterError, match="ca-file"), joined_cluster(config.run, 2.0):
        pass


# What a worker says.


class Case:
    """An image that was masked well, and the truthful answer."""

    def __init__(self, config: Config) -> None:
        self.config = config
        path = config.folders.input_folder / "Ada" / "1" / "a_prep.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"photo")
        self.image = PreparedImage("Ada", "1", path)
        contents = {OVERLAY: b"overlay", MASK_ONLY: b"mask", MESH: b"mesh"}
        outputs = OutputPublisher(config.folders.output_folder).publish(self.image, contents)
        source = FileState(hashlib.sha256(b"photo").digest(), 5, path.stat().st_mtime_ns)
        self.outcome = Outcome("Ada", "1", "a_prep.png", Status.MASKED, source=source, outputs=outputs)

    def check(self, answer: object, *, thorough: bool = True) -> list[Outcome]:
        return Answers(MaskStage(), self.config, KEY, thorough=thorough).checked(answer, [self.image])


@pytest.fixture
def case(make_config: MakeConfig, tmp_path: Path) -> Case:
    (tmp_path / "query").mkdir()
    return Case(make_config(tmp_path / "query"))


@pytest.mark.parametrize("thorough", [True, False])
def test_the_truth_is_believed_and_its_log_handed_on(
    case: Case, caplog: pytest.LogCaptureFixture, thorough: bool
) -> None:
    record = logging.LogRecord("worker", logging.WARNING, "", 0, "said by a worker", (), None)
    assert case.check(ChunkResult([case.outcome], [record], KEY), thorough=thorough) == [case.outcome]
    assert "said by a worker" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        lambda one: ChunkResult([], [], KEY),
        lambda one: ChunkResult([one, one], [], KEY),
        lambda one: ChunkResult([dataclasses.replace(one, name="b_prep.png")], [], KEY),
        lambda one: ChunkResult([dataclasses.replace(one, identity="Eve")], [], KEY),
        lambda one: ChunkResult([dataclasses.replace(one, status="done")], [], KEY),
        lambda one: ChunkResult([dataclasses.replace(one, recorded=True)], [], KEY),
        lambda one: ChunkResult([None], [], KEY),  # type: ignore[list-item]
        lambda one: ChunkResult((one,), [], KEY),  # type: ignore[arg-type]
        lambda one: ChunkResult([one], [], b"another version"),
    ],
)
@pytest.mark.parametrize("thorough", [True, False])
def test_an_answer_that_is_not_one_ends_the_run(case: Case, answer: object, thorough: bool) -> None:
    with pytest.raises(ClusterError):
        case.check(answer(case.outcome) if callable(answer) else answer, thorough=thorough)


def without(place: str) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        outputs = {other: state for other, state in case.outcome.outputs.items() if other != place}
        case.outcome = dataclasses.replace(case.outcome, outputs=outputs)

    change.__name__ = f"without {place}"
    return change


def missing_file(case: Case) -> None:
    case.image.path.with_name("a_prep_mask_only.png").unlink()


def another_content(case: Case) -> None:
    path = case.image.path.with_name("a_prep_overlay.png")
    status = path.stat()
    path.write_bytes(b"OVERLAY")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def a_link(case: Case) -> None:
    path = case.image.path.with_name("a_prep_overlay.png")
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def no_source(case: Case) -> None:
    case.outcome = dataclasses.replace(case.outcome, source=None)


def a_foreign_place(case: Case) -> None:
    outputs = {**case.outcome.outputs, "../../../etc/*": FileState(bytes(32), 0, 0)}
    case.outcome = dataclasses.replace(case.outcome, outputs=outputs)


@pytest.mark.parametrize(
    "change",
    [missing_file, another_content, a_link, no_source, a_foreign_place, without("*_overlay.png"), without("*_mesh.obj"),
     without("images/*_mask_only.png")],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_a_mask_that_is_not_there_as_it_is_said_to_be_is_failed(case: Case, change: Callable[[Case], None]) -> None:
    change(case)
    (outcome,) = case.check(ChunkResult([case.outcome], [], KEY))
    assert outcome.status == Status.FAILED
    assert "not all there" in outcome.reason
    assert outcome.outputs == {}


def test_a_worker_with_other_libraries_or_code_refuses_itself() -> None:
    check_code(identity())
    for name in ("numpy", "the program's own code"):
        with pytest.raises(ClusterError, match=name):
            check_code({**identity(), name: "another"})
