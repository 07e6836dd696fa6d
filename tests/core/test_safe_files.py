"""Whatever this project writes, locks or removes goes through safe_files, which follows no link."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from masking.core import safe_files
from masking.core.config.options import PROJECT_FOLDER
from masking.core.safe_files import Folder, NotOursError

SAFE_FILES = PROJECT_FOLDER / "masking" / "core" / "safe_files.py"
SOURCES = [
    path
    for path in (*(PROJECT_FOLDER / "masking").rglob("*.py"), *PROJECT_FOLDER.glob("*.py"))
    if path != SAFE_FILES and path.name != "conftest.py"
]
OS_CALLS = {
    "open", "mkdir", "makedirs", "remove", "removedirs", "rename", "renames", "replace", "rmdir", "unlink", "link",
    "symlink", "truncate", "ftruncate", "mkfifo", "mknod", "chmod", "chown", "lchown", "utime", "pwrite",
}  # fmt: skip
PATH_METHODS = {
    "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "touch", "symlink_to", "hardlink_to", "rename", "chmod",
    "lchmod",
}  # fmt: skip
MODULES = {"shutil": {"disk_usage", "get_terminal_size", "which"}, "tempfile": {"gettempdir"}}
"""Modules that write, and what of them doesn't."""
WRITERS = {"FileHandler", "RotatingFileHandler", "savez", "savez_compressed", "memmap", "imwrite", "tofile", "lockf"}
ALLOWED = {
    # Opened for reading only.
    ("masking/dataset/images.py", "os.open"),
    ("masking/core/hashing.py", "os.open"),
    ("masking/core/packed_files.py", ".open"),
    ("masking/preparation/clip.py", "os.open"),
    # Written into memory.
    ("masking/reconstruction/ringnet/parameters.py", "savez"),
    ("masking/masks/landmark_files.py", "savez"),
    ("masking/reidentification/stage.py", "savez"),
    # Into an archive that safe_files has opened.
    ("masking/reidentification/results.py", ".open"),
    # SQLite opens its own files; the journal looks at their names before and after.
    ("masking/pipeline/journal.py", "sqlite3.connect"),
    # A copy in a temporary folder.
    ("masking/audit/records.py", "sqlite3.connect"),
    # Folder.rename of safe_files.
    ("masking/dataset/publishing.py", "rename"),
    ("masking/preparation/publishing.py", "rename"),
}


def calls_past_safe_files(source: str) -> Iterator[str]:  # noqa: C901 - a list of cases
    """Names of all calls in `source` that may write, lock or remove a file by its name."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id == "open" and _may_write(node, 1):
            yield "open"
        if not isinstance(function, ast.Attribute):
            continue
        owner = function.value.id if isinstance(function.value, ast.Name) else ""
        if owner == "os" and function.attr in OS_CALLS:
            yield f"os.{function.attr}"
        elif owner in MODULES and function.attr not in MODULES[owner]:
            yield f"{owner}.{function.attr}"
        elif owner == "sqlite3" and function.attr == "connect":
            yield "sqlite3.connect"
        elif owner in ("os", "safe_files", "fcntl") and function.attr != "lockf":
            continue
        elif function.attr in PATH_METHODS or function.attr in WRITERS:
            yield function.attr
        elif function.attr == "open" and owner != "Image" and _may_write(node, 0):
            yield ".open"
        elif function.attr == "replace" and len(node.args) == 1 and not node.keywords:
            yield ".replace"


def _may_write(call: ast.Call, position: int) -> bool:
    """Whether the mode, at `position` or by its name, is anything but one for reading."""
    given = [*call.args[position : position + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    return any(not (isinstance(mode, ast.Constant) and mode.value in ("r", "rb", "rt")) for mode in given)


def imported_past_safe_files(source: str) -> Iterator[str]:
    """Names that are imported one by one, so that their calls would not show where they come from."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if (node.module == "os" and name.name in OS_CALLS) or (
                    node.module in MODULES and name.name not in MODULES[node.module]
                ):
                    yield f"from {node.module} import {name.name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT_FOLDER).as_posix())
def test_nothing_goes_past_safe_files(path: Path) -> None:
    place, source = path.relative_to(PROJECT_FOLDER).as_posix(), path.read_text(encoding="utf-8")
    found = {call for call in calls_past_safe_files(source) if (place, call) not in ALLOWED}
    assert found | set(imported_past_safe_files(source)) == set()


@pytest.mark.parametrize(
    "line",
    [
        "open(path, 'w')", "open(path, mode)", "path.open('a')", "os.open(path, flags)", "os.unlink(path)",
        "path.unlink()", "path.write_text('')", "path.replace(other)", "path.rename(other)", "shutil.rmtree(path)",
        "tempfile.mkstemp()", "logging.FileHandler(path)", "sqlite3.connect(path)", "os.makedirs(path)", "path.touch()",
        "from os import unlink", "from shutil import copyfile", "np.savez(path)", "path.open(mode='w')",
    ],
)  # fmt: skip
def test_the_test_above_can_fail(line: str) -> None:
    assert [*calls_past_safe_files(line), *imported_past_safe_files(line)]


@pytest.mark.parametrize("line", ["open(path)", "path.open('rb')", "text.replace('a', 'b')", "Image.open(file, 'r')"])
def test_what_only_reads_needs_no_safe_files(line: str) -> None:
    assert not [*calls_past_safe_files(line), *imported_past_safe_files(line)]


def a_link(path: Path, precious: Path) -> None:
    path.symlink_to(precious)


def a_hard_link(path: Path, precious: Path) -> None:
    path.hardlink_to(precious)


def a_dangling_link(path: Path, precious: Path) -> None:
    path.symlink_to(precious.with_name("new"))


def a_fifo(path: Path, precious: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path, precious: Path) -> None:
    path.mkdir()


IN_THE_WAY = [a_link, a_hard_link, a_dangling_link, a_fifo, a_folder]
OPENERS: dict[str, Callable[[Path], object]] = {
    "to append": safe_files.open_to_append,
    "to lock": lambda path: os.close(safe_files.open_to_lock(str(path))),
    "to check": safe_files.check_plain_or_missing,
}


@pytest.mark.parametrize("put", IN_THE_WAY, ids=lambda put: put.__name__)
@pytest.mark.parametrize("how", OPENERS)
def test_what_is_not_a_plain_file_is_not_opened(tmp_path: Path, put: Callable[[Path, Path], None], how: str) -> None:
    precious, path = tmp_path / "precious", tmp_path / "name"
    precious.write_text("precious")
    put(path, precious)
    with pytest.raises(OSError, match=r"name|Is a directory"):
        OPENERS[how](path)
    assert precious.read_text() == "precious"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("put", IN_THE_WAY[:4], ids=lambda put: put.__name__)
@pytest.mark.parametrize("where", ["name", "name.partial"])
def test_what_is_written_whole_takes_the_place_of_a_link(
    tmp_path: Path, put: Callable[[Path, Path], None], where: str
) -> None:
    precious, path = tmp_path / "precious", tmp_path / "name"
    precious.write_text("precious")
    put(tmp_path / where, precious)
    safe_files.write_whole(path, "new")
    assert precious.read_text() == "precious"
    assert path.read_text() == "new"
    assert not path.is_symlink()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["name", "precious"]


def test_what_is_not_finished_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "name").write_text("old")
    with pytest.raises(UnicodeEncodeError), safe_files.whole_file(tmp_path / "name") as file:
        file.write("half" * 100_000 + "\ud800")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("name", "old")]


@pytest.mark.parametrize("below", ["link", "folder/link", "link/folder", "file", "..", "folder/../folder"])
@pytest.mark.parametrize("make", [True, False])
def test_below_a_folder_only_real_folders_are_entered(tmp_path: Path, below: str, make: bool) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "folder").mkdir(parents=True)
    (outside / "folder").mkdir(parents=True)
    (root / "file").touch()
    for link in (root / "link", root / "folder" / "link"):
        link.symlink_to(outside)
    with pytest.raises(NotOursError):
        Folder(str(root), below, make=make)
    assert sorted(path.name for path in outside.rglob("*")) == ["folder"]


def test_a_folder_that_is_exchanged_while_it_is_open_stays_the_same(tmp_path: Path) -> None:
    (tmp_path / "root" / "video").mkdir(parents=True)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "name").write_text("precious")
    with Folder(str(tmp_path / "root"), "video") as folder:
        (tmp_path / "root" / "video").rename(tmp_path / "moved")
        (tmp_path / "root" / "video").symlink_to(tmp_path / "precious")
        os.close(folder.create("new"))
        with pytest.raises(FileNotFoundError):
            folder.remove("name")
        with pytest.raises(FileNotFoundError):
            folder.rename("new", "name")
    assert (tmp_path / "precious" / "name").read_text() == "precious"
    assert [path.name for path in (tmp_path / "moved").iterdir()] == ["new"]


def test_reading_stops_at_a_bound_and_waits_for_nobody(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(11))
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "large")
    assert safe_files.read_bytes(tmp_path / "large", 11) == bytes(11)
    for name, most in (("large", 10), ("fifo", 10), ("link", 100)):
        with pytest.raises(OSError, match=r"."):
            safe_files.read_bytes(tmp_path / name, most)
