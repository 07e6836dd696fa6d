"""Another user of the same machine, while worker processes are at work on photos that only their owner may read."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.pipeline.engines.private_sockets import StrangerError, check_peer
from tests.conftest import AS_ROOT
from tests.hostile.conftest import Study
from tests.sharing import open_to_others

pytestmark = pytest.mark.thorough

NOBODY = 65534
TRY_EVERYTHING = """
import asyncio, glob, os, socket, sys
folder, photo = sys.argv[1:]
os.setgroups([]); os.setgid(65534); os.setuid(65534)
got = []
try:
    os.listdir(folder); got.append("listed the folder")
except PermissionError:
    pass
for number in range(1, 10):
    try:
        one = socket.socket(socket.AF_UNIX); one.connect(f"{folder}/{number}"); got.append(f"reached socket {number}")
    except OSError:
        pass
try:
    import dask
    dask.config.set({"masking.socket-folder": folder})
    import masking.pipeline.engines.private_sockets
    from distributed import Client
    client = Client("private://127.0.0.1:1", timeout=2, set_as_default=False)
    got.append(client.submit(lambda: open(photo, "rb").read()[:4], pure=False).result(timeout=5))
except Exception as error:
    pass
try:
    open(photo, "rb"); got.append("read the photo")
except PermissionError:
    pass
print("GOT", got)
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where a run's sockets go: a socket's path may be short only."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def at_work(study: Study, temporary: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run with two workers on private photos, waiting for more of them than it can do at once."""
    for copy in range(400):
        shutil.copy(study.photo, study.photo.with_name(f"{copy:04}_prep.png"))
    for photo in study.query.rglob("*_prep.png"):
        photo.chmod(0o600)
    open_to_others(study.folder)
    temporary.chmod(0o1777)
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *study.arguments, "--workers", "2"]
    with subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(temporary)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while not list(study.query.rglob("*_overlay.png")) and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None
        yield process
        process.terminate()
        process.wait(timeout=60)
    assert list(temporary.iterdir()) == []


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    head = psutil.Process(process.pid)
    return [head, *head.children(recursive=True)]


def test_no_process_of_a_run_listens_on_any_port(at_work: subprocess.Popen[bytes]) -> None:
    members = family(at_work)
    assert len(members) >= 3
    listening = [
        connection
        for member in members
        for connection in member.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == []


def test_the_sockets_are_in_a_folder_of_the_user_alone(temporary: Path, at_work: subprocess.Popen[bytes]) -> None:
    (folder,) = temporary.glob("masking-workers-*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir() if path.is_socket()]


@pytest.mark.skipif(not AS_ROOT, reason="another user can only be tried by root")
def test_another_user_reaches_neither_scheduler_nor_worker(
    study: Study, temporary: Path, at_work: subprocess.Popen[bytes]
) -> None:
    (folder,) = temporary.glob("masking-workers-*")
    environment = {**os.environ, "HOME": "/"}
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", TRY_EVERYTHING, str(folder), str(study.photo)],
            cwd=PROJECT_FOLDER, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout == "GOT []\n", done.stdout + done.stderr
    assert at_work.poll() is None


@pytest.mark.skipif(not AS_ROOT, reason="another user can only be tried by root")
def test_each_end_asks_the_kernel_who_the_other_is(tmp_path: Path) -> None:
    """Also where the folder should once not hold: each end refuses a stranger."""
    address = str(tmp_path / "socket")
    open_to_others(tmp_path)
    connect = (
        "import os, socket, sys, time; os.setgid(65534); os.setuid(int(sys.argv[2]))\n"
        "one = socket.socket(socket.AF_UNIX); one.connect(sys.argv[1]); time.sleep(20)"
    )
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        listener.settimeout(30)
        Path(address).chmod(0o777)
        for user, is_stranger in ((NOBODY, True), (0, False)):
            with subprocess.Popen([sys.executable, "-c", connect, address, str(user)]) as process:
                connection, _ = listener.accept()
                with connection:
                    if is_stranger:
                        with pytest.raises(StrangerError):
                            check_peer(connection)
                    else:
                        check_peer(connection)
                process.kill()


def test_a_long_temporary_folder_is_no_hindrance(study: Study) -> None:
    long = study.folder / ("t" * 100)
    long.mkdir()
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), *study.arguments, "--workers", "2"]
    done = subprocess.run(command, env={**os.environ, "TMPDIR": str(long)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
