"""Archives are read within bounds, and what would leave them is refused before it is unpacked."""

from __future__ import annotations

import bz2
import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.core.packed_files import (
    PackedFileError,
    copy_bounded,
    open_bz2,
    open_zip_member,
    read_bounded,
    sha256_at_most,
    zip_members,
)

BOUND = 1_000_000


def archive(path: Path, content: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path


def read_member(path: Path, name: str) -> bytes:
    with open_zip_member(path, name, BOUND) as file:
        return read_bounded(file, BOUND)


def test_a_file_in_an_archive_is_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"FLAME2020/": b"", "FLAME2020/generic_model.pkl": b"model"})
    assert zip_members(path) == ["FLAME2020/generic_model.pkl"]
    assert read_member(path, "FLAME2020/generic_model.pkl") == b"model"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"bomb": b"\0" * (BOUND + 1)})
    assert path.stat().st_size < 2_000
    with pytest.raises(PackedFileError, match="holds bomb of 1,000,001 bytes, more than the 1,000,000"):
        read_member(path, "bomb")


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"bomb": b"\0" * (BOUND + 1)})
    content = path.read_bytes().replace(struct.pack("<I", BOUND + 1), struct.pack("<I", 10))
    path.write_bytes(content)
    with pytest.raises(PackedFileError, match="damaged"):
        read_member(path, "bomb")


def test_an_archive_of_a_million_names_is_not_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, 1 << 30, 0, 0)
    path.write_bytes(b"\0" * 1000 + end)
    with pytest.raises(PackedFileError, match="too large an archive to search"):
        zip_members(path)


def test_methods_that_ask_for_memory_first_and_encrypted_files_are_left_to_the_user(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"x": b"data" * 100}, zipfile.ZIP_LZMA)
    with pytest.raises(PackedFileError, match="unpack it yourself"):
        read_member(path, "x")
    locked = archive(tmp_path / "b.zip", {"x": b"data"}, zipfile.ZIP_STORED)
    content = bytearray(locked.read_bytes())
    for position in (content.index(b"PK\3\4") + 6, content.index(b"PK\1\2") + 8):
        content[position] |= 1
    locked.write_bytes(content)
    with pytest.raises(PackedFileError, match="with its password"):
        read_member(locked, "x")


@pytest.mark.parametrize("content", [b"", b"PK", b"text", b"PK\5\6" + bytes(3)])
def test_what_is_not_an_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(PackedFileError, match="not a zip archive"):
        zip_members(tmp_path / "a.zip")


def test_a_bz2_bomb_is_refused_within_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.bz2"
    path.write_bytes(bz2.compress(b"\0" * (20 * BOUND)))
    assert path.stat().st_size < 200
    for use in (
        lambda file: read_bounded(file, BOUND),
        lambda file: sha256_at_most(file, BOUND),
        lambda file: copy_bounded(file, io.BytesIO(), BOUND),
    ):
        with pytest.raises(PackedFileError, match="more than the 1,000,000 bytes"), open_bz2(path) as file:
            use(file)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_bz2_file_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    content = bz2.compress(bytes(range(256)) * 1000)
    path = tmp_path / "a.bz2"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(PackedFileError, match="damaged or cut off"), open_bz2(path) as file:
        read_bounded(file, BOUND)


@given(position=st.integers(0, 200), value=st.integers(0, 255))
def test_one_wrong_byte_in_an_archive_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
) -> None:
    path = archive(tmp_path_factory.mktemp("zip") / "a.zip", {"folder/file": b"content" * 20})
    content = bytearray(path.read_bytes())
    content[position % len(content)] = value
    path.write_bytes(content)
    try:
        for name in zip_members(path):
            read_member(path, name)
    except PackedFileError:
        return
