"""Whoever publishes or removes an image's outputs does so alone."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from pathlib import Path

import psutil
import pytest

from masking.core.errors import PublishError
from masking.dataset import OutputPublisher, PreparedImage, photo_lock
from masking.dataset.outputs import OVERLAY
from masking.dataset.photo_lock import photo_locked


def hold(photo: str, ready: multiprocessing.synchronize.Event, enough: multiprocessing.synchronize.Event) -> None:
    with photo_locked(photo):
        ready.set()
        enough.wait(60)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "Ada_prep.png"
    path.write_bytes(b"photo")
    return path


def test_a_process_that_does_not_let_go_is_reported_and_nothing_is_touched(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, publisher = PreparedImage("Ada", "1", photo), OutputPublisher(tmp_path / "output")
    publisher.publish(image, {OVERLAY: b"overlay"})
    monkeypatch.setattr(photo_lock, "PATIENCE", 0.1)
    spawn = multiprocessing.get_context("spawn")
    ready, enough = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(str(photo), ready, enough))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(PublishError, match="another process"):
            publisher.publish(image, {OVERLAY: b"new overlay"})
        with pytest.raises(PublishError, match="another process"):
            publisher.withdraw(image)
        assert photo.with_name("Ada_prep_overlay.png").read_bytes() == b"overlay"
        other.kill()
        other.join()
        publisher.publish(image, {OVERLAY: b"new overlay"})
        assert photo.with_name("Ada_prep_overlay.png").read_bytes() == b"new overlay"
    finally:
        other.kill()
        other.join()


@pytest.mark.parametrize("kind", ["missing", "pipe", "folder"])
def test_what_is_not_a_photo_is_not_in_the_way(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "Ada_prep.png"
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "folder":
        path.mkdir()
    with photo_locked(str(path)), photo_locked(str(tmp_path / "other_prep.png")):
        pass


def test_a_photo_may_be_read_only_and_is_not_changed(photo: Path) -> None:
    photo.chmod(0o444)
    before = photo.stat()
    with photo_locked(str(photo)):
        pass
    assert photo.stat() == before


def test_without_locks_it_goes_on_alone(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    descriptors = psutil.Process().num_fds()
    with photo_locked(str(photo)):
        pass
    assert psutil.Process().num_fds() == descriptors


def test_where_locks_need_a_file_open_for_writing_it_is_opened_so(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on NFS."""
    locked = []

    def flock(descriptor: int, operation: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        locked.append(operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with photo_locked(str(photo)):
        assert locked == [fcntl.LOCK_EX | fcntl.LOCK_NB]
