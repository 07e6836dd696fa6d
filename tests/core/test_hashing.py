"""Files hashed in the background have the hash that they have now, not that of another time."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from masking.core import hashing
from masking.core.hashing import CHUNK_BYTES, hash_ahead, sha256_of_file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(hashing, "SETTLED_SECONDS", 0.0)
    path = tmp_path / "weights"
    path.write_bytes(os.urandom(CHUNK_BYTES + 17))
    return path


def expected(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_was_hashed_ahead_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = expected(file)
    hash_ahead([file])
    hashing._ahead[hashing._identity(file.stat())].result()
    monkeypatch.setattr(hashing, "_sha256_of_whole", None)
    assert sha256_of_file(file) == right


def test_whoever_asks_twice_has_it_hashed_once(file: Path) -> None:
    hash_ahead([file])
    first = hashing._ahead[hashing._identity(file.stat())]
    hash_ahead([file])
    assert hashing._ahead[hashing._identity(file.stat())] is first


def test_a_file_that_has_changed_since_is_hashed_again(file: Path) -> None:
    hash_ahead([file])
    time.sleep(0.05)
    with file.open("r+b") as opened:
        opened.write(b"other")
    assert sha256_of_file(file) == expected(file)


def test_a_file_that_was_changed_just_now_is_not_hashed_ahead(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "SETTLED_SECONDS", 3600.0)
    hash_ahead([file])
    assert hashing._identity(file.stat()) not in hashing._ahead


def test_another_file_under_the_same_name_is_hashed_again(file: Path, tmp_path: Path) -> None:
    hash_ahead([file])
    other = tmp_path / "other"
    other.write_bytes(b"x" * file.stat().st_size)
    other.replace(file)
    assert sha256_of_file(file) == expected(file)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    hash_ahead([tmp_path / "pipe"])


def test_what_is_missing_is_no_error_until_it_is_asked_for(tmp_path: Path) -> None:
    hash_ahead([tmp_path / "none"])
    with pytest.raises(FileNotFoundError):
        sha256_of_file(tmp_path / "none")
