"""What has been published and flushed outlives a power cut: files before they are named, then the names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import MASK_ONLY, OVERLAY


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Inodes of what has been sent to the disk, in order."""
    inodes: list[int] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    return inodes


def test_files_are_flushed_as_they_are_published_and_their_folders_by_flush(tmp_path: Path, flushed: list[int]) -> None:
    video = tmp_path / "query" / "Ada" / "1"
    video.mkdir(parents=True)
    (video / "a_prep.png").write_bytes(b"photo")
    publisher = OutputPublisher(tmp_path / "output")
    image = PreparedImage("Ada", "1", video / "a_prep.png")
    publisher.publish(image, {OVERLAY: b"overlay", MASK_ONLY: b"mask"})
    backup = tmp_path / "output" / "images" / "Ada" / "1"
    files = [path for folder in (video, backup) for path in folder.glob("a_prep_*.png")]
    assert len(files) == 4
    assert {path.stat().st_ino for path in files} <= set(flushed)
    flushed.clear()
    publisher.flush()
    assert {folder.stat().st_ino for folder in (video, backup)} <= set(flushed)
    flushed.clear()
    publisher.flush()
    assert flushed == []
