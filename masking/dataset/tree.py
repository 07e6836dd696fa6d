"""Walking INPUT_FOLDER/<identity>/<video>/ for prepared images, in a fixed order, one folder in memory at a time."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PREPARED_SUFFIX = "_prep"
IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg")
PREPARED_ENDINGS = tuple(PREPARED_SUFFIX + extension for extension in IMAGE_EXTENSIONS)
DEPTH = 2
"""Folders between INPUT_FOLDER and a prepared image: identity and video."""
WRONG_DEPTH = "lies at the wrong depth: expected INPUT_FOLDER/<identity>/<video>/<image>"


@dataclass(frozen=True)
class PreparedImage:
    """A prepared image at its place in the tree, or a loose one: without identity and video.

    foreign: places of outputs, as masking.dataset.outputs names them, at which something stands that is not this
    program's.
    """

    identity: str
    video: str
    path: Path
    foreign: frozenset[str] = frozenset()

    @property
    def is_loose(self) -> bool:
        """Whether it stands in no tree, so that its outputs go into OUTPUT_FOLDER only."""
        return not self.identity

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The file's name without its extension: what its outputs' names begin with."""
        return self.path.stem


@dataclass(frozen=True)
class RefusedEntry:
    """Something in the tree that looks like a prepared image, or may hold some, and is not touched. `reason` says why.
    Its path is `relative_path` below `input_folder`.
    """

    relative_path: Path
    reason: str
    input_folder: Path = field(default=Path(), compare=False)

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.input_folder / self.relative_path


def is_prepared_name(name: str) -> bool:
    """Whether a file of this name is a prepared image: `X_prep.png`, `.jpg` or `.jpeg`, in any case, not hidden."""
    return name.lower().endswith(PREPARED_ENDINGS) and name[0] != "."


def walk(input_folder: Path) -> Iterator[PreparedImage | RefusedEntry]:
    """Every prepared image below `input_folder`, and everything that had to be refused, sorted by name in each folder.

    What is hidden, that is, begins with a dot, is none of the tree's: neither files, as the `._X_prep.png` that macOS
    leaves, nor folders, as a file server's `.snapshot` with all photos of last week.
    A symbolic link is followed where it stays inside the tree. Outputs of an earlier run have other names and are never
    inputs. Two prepared images that would write the same outputs (`X_prep.png`, `X_prep.jpg`) are both refused.
    """
    root = Path(os.path.realpath(input_folder))
    for entry in _walk_folder(input_folder, root, Path(), (root,)):
        if isinstance(entry, RefusedEntry):
            entry = dataclasses.replace(entry, input_folder=input_folder)
        yield entry


def _walk_folder(
    folder: Path, root: Path, below: Path, ancestors: tuple[Path, ...]
) -> Iterator[PreparedImage | RefusedEntry]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        yield RefusedEntry(below, f"the folder can't be read: {error.strerror}")
        return
    prepared = {entry.name for entry in listed if is_prepared_name(entry.name)}
    stems = Counter(os.path.splitext(name)[0].casefold() for name in prepared)  # noqa: PTH122 - a Path each is slow
    for entry in listed:
        if entry.name not in prepared and (entry.name[0] == "." or entry.is_file(follow_symlinks=False)):
            continue
        place = below / entry.name
        depth = len(below.parts)
        if entry.is_dir(follow_symlinks=False) and not (depth >= DEPTH and entry.name in prepared):
            yield from _walk_folder(folder / entry.name, root, place, (*ancestors, ancestors[-1] / entry.name))
        elif entry.is_symlink() and (refusal := _refuse_link(entry, root, depth, ancestors)):
            yield RefusedEntry(place, refusal)
        elif entry.is_dir() and depth < DEPTH:
            yield from _walk_folder(folder / entry.name, root, place, (*ancestors, Path(os.path.realpath(entry.path))))
        elif entry.name in prepared:
            yield _prepared_image(entry, below, stems)


def _refuse_link(entry: os.DirEntry[str], root: Path, depth: int, ancestors: tuple[Path, ...]) -> str | None:
    """Why this link is not followed; None where it may be, or leads to something that is no concern of ours."""
    target = Path(os.path.realpath(entry.path))
    try:
        leads_to_folder = entry.is_dir()
    except OSError as error:
        return f"the link can't be followed: {error.strerror}"
    if not leads_to_folder and not is_prepared_name(entry.name):
        return None
    if not target.exists():
        return "the link leads nowhere"
    if target != root and root not in target.parents:
        return "the link leaves INPUT_FOLDER"
    if leads_to_folder and target in ancestors:
        return "the link leads back to a folder above it"
    if leads_to_folder and depth >= DEPTH:
        return "links to folders are not followed below a video"
    return None


def _prepared_image(entry: os.DirEntry[str], below: Path, stems: Counter[str]) -> PreparedImage | RefusedEntry:
    place = below / entry.name
    if len(below.parts) != DEPTH:
        return RefusedEntry(place, WRONG_DEPTH)
    if not entry.is_file():
        return RefusedEntry(place, "is not a regular file")
    if stems[os.path.splitext(entry.name)[0].casefold()] > 1:  # noqa: PTH122
        return RefusedEntry(place, "another prepared image of this folder would write outputs of the same names")
    return PreparedImage(identity=below.parts[0], video=below.parts[1], path=Path(entry.path))
