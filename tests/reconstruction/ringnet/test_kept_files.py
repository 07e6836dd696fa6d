"""What is made once of a checkpoint, and kept: whole, unaltered, and by somebody who is trusted with the checkpoint."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from masking.core.hashing import sha256_of_file
from masking.core.keeping import keeping_nothing
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.kept_files import (
    Kind,
    can_keep,
    folders_for,
    keep,
    kept_files,
    open_kept,
    remove_partial_files,
)
from tests.conftest import AS_ROOT

KIND = Kind("litert", ".tflite")
KEY, OTHER_KEY = "a" * 64, "b" * 64
CONTENT = bytes(range(256)) * 20
STRANGER = 12345
Folders = list[Path]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "model").mkdir()
    return folders_for(CheckpointFiles(tmp_path / "model"))


@pytest.fixture
def kept(folders: Folders, tmp_path: Path) -> Path:
    path = keep_content(folders, tmp_path)
    assert path is not None
    return path


@pytest.fixture
def read_only(folders: Folders) -> Iterator[Path]:
    """The checkpoint's folder, to which nothing can be written, not even by root."""
    if AS_ROOT:
        pytest.skip("root may write everywhere")
    folders[0].chmod(0o555)
    yield folders[0]
    folders[0].chmod(0o755)


def keep_content(folders: Folders, tmp_path: Path, key: str = KEY, content: bytes = CONTENT) -> Path | None:
    source = tmp_path / "source"
    source.write_bytes(content)
    with source.open("rb") as file:
        return keep(folders, KIND, key, file.fileno())


def content_of(folders: Folders, key: str = KEY) -> bytes | None:
    file = open_kept(folders, KIND, key)
    if file is None:
        return None
    with file:
        return Path(file.map_path).read_bytes()


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def test_what_is_kept_comes_back(folders: Folders, kept: Path) -> None:
    assert content_of(folders) == CONTENT
    assert kept.parent == folders[0]


def test_its_name_holds_its_key_and_its_content(kept: Path) -> None:
    assert kept.name == f".ring_6_68641.litert-{KEY[:16]}-{sha256_of_file(kept)}.tflite"


def test_others_may_read_it_as_far_as_the_umask_lets_them_and_nobody_may_write_to_it(kept: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444 & ~umask


def test_another_key_finds_nothing(folders: Folders, kept: Path) -> None:
    assert content_of(folders, OTHER_KEY) is None


@pytest.mark.parametrize("position", [0, 2000, len(CONTENT) - 1])
def test_a_single_wrong_bit_makes_it_unusable(
    folders: Folders, kept: Path, position: int, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = bytearray(CONTENT)
    damaged[position] ^= 1
    overwrite(kept, damaged)
    assert content_of(folders) is None
    assert f"{kept} is damaged or foreign; it is made again" in caplog.text


@pytest.mark.parametrize("length", [0, 1, len(CONTENT) - 1])
def test_a_cut_off_or_empty_one_is_unusable(folders: Folders, kept: Path, length: int) -> None:
    overwrite(kept, CONTENT[:length])
    assert content_of(folders) is None


def test_keeping_it_again_repairs_it(folders: Folders, kept: Path, tmp_path: Path) -> None:
    overwrite(kept, b"damaged")
    assert keep_content(folders, tmp_path) == kept
    assert content_of(folders) == CONTENT


def test_a_link_is_not_followed(folders: Folders, kept: Path, tmp_path: Path) -> None:
    elsewhere = kept.rename(tmp_path / "elsewhere")
    kept.symlink_to(elsewhere)
    assert content_of(folders) is None
    assert keep_content(folders, tmp_path) == kept
    assert not kept.is_symlink()


def test_a_pipe_is_not_waited_for(folders: Folders, kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)
    assert content_of(folders) is None


def test_one_that_everybody_may_write_to_is_not_trusted(folders: Folders, kept: Path) -> None:
    kept.chmod(0o666)
    assert content_of(folders) is None


@pytest.mark.skipif(not AS_ROOT, reason="only root can give files away")
@pytest.mark.parametrize(("mode", "trusted"), [(0o1777, False), (0o777, True)])
def test_another_users_is_trusted_only_where_they_could_have_replaced_the_checkpoint_too(
    folders: Folders, kept: Path, mode: int, trusted: bool
) -> None:
    os.chown(kept, STRANGER, STRANGER)
    kept.parent.chmod(mode)
    assert (content_of(folders) is not None) is trusted


def test_it_takes_the_place_of_that_of_another_key_and_of_no_other_kind(
    folders: Folders, kept: Path, tmp_path: Path
) -> None:
    other_kind = kept.with_name(".ring_6_68641.packed-1234-5678.weights")
    other_kind.write_bytes(b"")
    later = keep_content(folders, tmp_path, OTHER_KEY)
    assert sorted(kept_files(folders)) == sorted([later, other_kind])


def test_where_it_cannot_be_kept_beside_the_checkpoint_it_is_kept_in_the_users_cache(
    folders: Folders, tmp_path: Path
) -> None:
    folders[0].rmdir()
    path = keep_content(folders, tmp_path)
    assert path is not None
    assert path.parent == folders[1]
    assert stat.S_IMODE(folders[1].stat().st_mode) == 0o700
    assert content_of(folders) == CONTENT


def test_a_read_only_folder_is_tolerated(read_only: Path, folders: Folders, tmp_path: Path) -> None:
    assert keep_content(folders, tmp_path) is not None
    assert list(read_only.iterdir()) == []


def test_a_cache_folder_that_others_can_write_to_is_not_used(folders: Folders, tmp_path: Path) -> None:
    folders[0].rmdir()
    folders[1].mkdir(parents=True)
    folders[1].chmod(0o777)
    assert not can_keep(folders)
    assert keep_content(folders, tmp_path) is None


def test_two_model_folders_have_a_cache_folder_each(tmp_path: Path, folders: Folders) -> None:
    assert folders_for(CheckpointFiles(tmp_path / "other"))[1] != folders[1]


def test_a_place_that_is_taken_is_no_error_and_stays_clean(
    folders: Folders, kept: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept.unlink()
    kept.mkdir()
    with caplog.at_level(logging.INFO):
        assert keep_content(folders[:1], tmp_path) is None
    assert "is not kept" in caplog.text
    assert list(folders[0].iterdir()) == [kept]


def test_nothing_is_kept_where_nothing_is_to_be(folders: Folders, tmp_path: Path) -> None:
    with keeping_nothing():
        assert not can_keep(folders)
        assert keep_content(folders, tmp_path) is None
    assert kept_files(folders) == []


def test_what_a_killed_process_left_half_written_goes(folders: Folders, kept: Path) -> None:
    left = kept.with_name(f"{kept.name}.0123456789abcdef.partial")
    left.write_bytes(CONTENT[:100])
    precious = kept.with_name("thesis.partial")
    precious.write_bytes(b"years of work")
    remove_partial_files(folders)
    assert sorted(folders[0].iterdir()) == sorted([kept, precious])
