"""Finding the users' own downloads as they arrived: in a folder of their own, under a longer name, or still packed.

A file under its own name in the folder that was given comes first. Otherwise whatever fits is taken if it is the
only one; where several fit, or none, the error says what is there.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO

from masking.core.errors import MissingModelFileError, ModelFileError
from masking.core.hashing import sha256_of_file
from masking.core.packed_files import (
    PackedFileError,
    open_bz2,
    open_zip_member,
    read_bounded,
    sha256_at_most,
    zip_members,
)
from masking.core.safe_files import temporary_folder, whole_binary_file

MAX_ENTRIES = 5_000
"""Names that are examined in one folder and those in it."""
DEPTH = 2
SHOWN_NAMES = 6
_COPY_MARK = re.compile(r"( \(\d+\)| - copy| copy)(?=(\.\w+)*$)")
_NOT_LOOKED_INTO = ("__macosx",)


@dataclass(frozen=True)
class Download:
    """Where a file that can't be shipped comes from. licence: in a few words."""

    title: str
    page: str
    licence: str

    def remedy(self, folder: Path) -> str:
        """What to do where the file is missing from `folder`."""
        return f"Get {self.title} from {self.page} ({self.licence}) and put it into {folder}"


@dataclass(frozen=True)
class Wanted:
    """A file that a user may download.

    name: as its publisher names it. as_good: names of others that serve as well. next_best: and of those that serve
    where none of these is there. max_bytes: no such file is larger. under_any_name: a path to a file is taken for this
    one whatever it is called.
    """

    name: str
    download: Download
    max_bytes: int
    as_good: tuple[str, ...] = ()
    next_best: tuple[str, ...] = ()
    under_any_name: bool = False

    def rank(self, plain_name: str) -> int | None:
        """0 for the file itself and as good ones, 1 for the next best, None for another one."""
        if plain_name in (self.name.lower(), *self.as_good):
            return 0
        return 1 if plain_name in self.next_best else None


@dataclass(frozen=True)
class FoundFile:
    """A file on the disk, or the one called `member` in the zip archive `path`."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """Its own name, without folders."""
        return PurePosixPath(self.member).name if self.member else self.path.name

    @property
    def plain_name(self) -> str:
        """The name in lower case, without what browsers and desktops add to names, and without `.bz2`."""
        return plain_name(self.name).removesuffix(".bz2")

    @property
    def is_packed(self) -> bool:
        """Whether it must be unpacked to be used."""
        return bool(self.member) or plain_name(self.name).endswith(".bz2")

    def __str__(self) -> str:
        return f"{self.path} ({self.member} in it)" if self.member else str(self.path)

    @contextmanager
    def content(self, max_bytes: int) -> Iterator[IO[bytes]]:
        """Its content, unpacked. Raises PackedFileError, OSError."""
        if self.member:
            with open_zip_member(self.path, self.member, max_bytes) as file:
                yield file
        elif self.is_packed:
            with open_bz2(self.path) as file:
                yield file
        else:
            with self.path.open("rb") as file:
                yield file

    def sha256(self, max_bytes: int) -> str:
        """Of its content, unpacked, hexadecimal. Raises PackedFileError, OSError."""
        if not self.is_packed:
            return sha256_of_file(self.path)
        with self.content(max_bytes) as file:
            return sha256_at_most(file, max_bytes)


@dataclass(frozen=True)
class Survey:
    """What was found at a location. files: with the number of folders between. faults: why something was not opened.
    folder: the one that was searched.
    """

    folder: Path
    files: tuple[tuple[int, FoundFile], ...]
    faults: dict[Path, str] = field(default_factory=dict)

    def fitting(self, wanted: Wanted) -> list[FoundFile]:
        """The files that fit best; more than one where they fit equally well."""
        keys = [(self._key(wanted, depth, file), file) for depth, file in self.files]
        ranked = [(key, file) for key, file in keys if key is not None]
        best = min((key for key, _ in ranked), default=None)
        return [file for key, file in ranked if key == best]

    def holds(self) -> str:
        """What lies there, for people."""
        names = [str(file.path.relative_to(self.folder)) for depth, file in self.files]
        names = sorted(dict.fromkeys(name for name in names if not name.lower().endswith("readme.md")))
        if not names:
            return f"{self.folder} holds no file"
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        return f"{self.folder} holds {', '.join(names[:SHOWN_NAMES])}{more}"

    def alike(self, name: str) -> list[str]:
        """Names there that are likely meant to be `name`."""
        names = {file.name: file for _, file in self.files}
        return difflib.get_close_matches(name, names, n=1, cutoff=0.8)

    def _key(self, wanted: Wanted, depth: int, file: FoundFile) -> tuple[bool, bool, int, bool] | None:
        rank = wanted.rank(file.plain_name)
        if rank is None:
            return None
        return file.is_packed, depth > 0, rank, depth == 0 and file.name != wanted.name


def plain_name(name: str) -> str:
    """`name` in lower case without an added `.txt` and without the marks of a copy: ` (1)`, ` copy`."""
    return _COPY_MARK.sub("", name.lower().removesuffix(".txt"))


def is_archive(path: Path) -> bool:
    """Whether `path` is a file that is called a zip archive."""
    return path.suffix.lower() == ".zip" and path.is_file()


def survey(location: Path) -> Survey:
    """What is in the folder `location` and the folders in it, or in the archive `location`; where that is a file, or
    begins the names of files, what lies beside it.
    """
    folder = location.parent if _stands_for_files(location) else location
    files: list[tuple[int, FoundFile]] = []
    faults: dict[Path, str] = {}
    for depth, path in [(0, location)] if is_archive(location) else _paths(folder):
        if is_archive(path):
            try:
                files += [(depth + 1, FoundFile(path, name)) for name in zip_members(path)[:MAX_ENTRIES]]
            except PackedFileError as error:
                faults[path] = str(error)
            except OSError as error:
                faults[path] = f"can't be read: {error.strerror}"
        else:
            files.append((depth, FoundFile(path)))
    return Survey(folder, tuple(files), faults)


def _stands_for_files(location: Path) -> bool:
    """Whether `location` is meant as a file or as what several files' names begin with, and not as a folder."""
    if location.is_dir():
        return False
    if location.suffix:
        return True
    try:
        return any(path.name.startswith(location.name) for path in location.parent.iterdir())
    except OSError:
        return False


def find(wanted: Wanted, location: Path) -> FoundFile:
    """The file that is `wanted` at `location`, a folder or the file itself.

    Raises ModelFileError where none is there, or several that fit equally well.
    """
    if location.is_file() and not is_archive(location):
        named = FoundFile(location)
        if wanted.under_any_name or wanted.rank(named.plain_name) is not None:
            return named
    found = survey(location)
    fitting = found.fitting(wanted)
    if len(fitting) > 1 and not _are_equal(fitting, wanted.max_bytes):
        raise ModelFileError(found.folder, *_ambiguity(fitting, wanted, found.folder))
    if not fitting:
        path = found.folder / wanted.name
        problem = f"is missing; {_what_there_is(found, wanted.name)}"
        raise MissingModelFileError(path, problem, wanted.download.remedy(found.folder))
    return min(fitting, key=str)


def find_if_there(wanted: Wanted, location: Path) -> FoundFile | None:
    """As `find`; None where none is there, or several that fit equally well."""
    try:
        return find(wanted, location)
    except ModelFileError:
        return None


def read_found(file: FoundFile, wanted: Wanted) -> bytes:
    """The content of `file`. Raises ModelFileError if it is missing, unreadable, empty, damaged or too large."""
    remedy = wanted.download.remedy(file.path.parent)
    if not file.path.is_file():
        raise ModelFileError(file.path, "is not a file" if file.path.exists() else "is missing", remedy)
    try:
        with file.content(wanted.max_bytes) as content:
            data = read_bounded(content, wanted.max_bytes)
    except PackedFileError as error:
        raise ModelFileError(file.path, str(error), remedy) from error
    except OSError as error:
        raise ModelFileError(file.path, f"can't be read: {error.strerror}", remedy) from error
    if not data:
        raise ModelFileError(file.path, "is empty", remedy)
    return data


@contextmanager
def unpacked(file: FoundFile, wanted: Wanted) -> Iterator[Path]:
    """A path at which a library can read `file`: its own, or that of an unpacked copy in a temporary folder.

    Raises ModelFileError.
    """
    if not file.is_packed:
        yield file.path
        return
    with temporary_folder("masking-unpacked-") as folder:
        path = folder / wanted.name
        content = read_found(file, wanted)
        try:
            with whole_binary_file(path) as target:
                target.write(content)
        except OSError as error:
            problem = f"can't be unpacked into a temporary folder: {error.strerror}"
            raise ModelFileError(str(file), problem, "Make room there, or unpack it yourself") from error
        yield path


def _paths(folder: Path) -> Iterator[tuple[int, Path]]:
    """Files in `folder` and the folders in it, MAX_ENTRIES at most; links are followed, as the user laid them."""
    left = [MAX_ENTRIES]

    def walk(inner: Path, depth: int) -> Iterator[tuple[int, Path]]:
        try:
            entries = sorted(islice(os.scandir(inner), MAX_ENTRIES), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            left[0] -= 1
            if left[0] < 0:
                return
            if entry.name.startswith(".") or entry.name.lower() in _NOT_LOOKED_INTO:
                continue
            path = Path(entry.path)
            if path.is_file():
                yield depth, path
            elif depth < DEPTH and path.is_dir():
                yield from walk(path, depth + 1)

    yield from walk(folder, 0)


def _are_equal(files: Sequence[FoundFile], max_bytes: int) -> bool:
    try:
        return len({file.sha256(max_bytes) for file in files}) == 1
    except (OSError, PackedFileError):
        return False


def _ambiguity(files: Iterable[FoundFile], wanted: Wanted, folder: Path) -> tuple[str, str]:
    names = sorted(str(file).removeprefix(f"{folder}/") for file in files)
    problem = f"holds several files that could be {wanted.name}: {', '.join(names[:SHOWN_NAMES])}"
    return problem, f"Keep one, or put the one that is meant into {folder} as {wanted.name}"


def _what_there_is(found: Survey, name: str) -> str:
    said = [found.holds()]
    said += [f"{path.name} {fault}" for path, fault in found.faults.items()]
    if alike := found.alike(name):
        said.append(f"if {alike[0]} is it, rename it to {name}")
    return "; ".join(said)
