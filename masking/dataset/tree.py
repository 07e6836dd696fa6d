"""Walking INPUT_FOLDER for photos, in a fixed order, one folder in memory at a time."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from masking.core.unicode_names import same_name
from masking.dataset.layout import IDENTITY_VIDEO, Layout
from masking.dataset.names import (
    is_dropping,
    is_output_picture,
    is_picture_name,
    photo_of_output,
    why_left_alone,
)

OTHER_DEPTH = "it is at another depth than the photos"
LIKE_AN_OUTPUT = "it has an output's name, but no photo"
PassedOver = Callable[[Path, str], None]
"""Is told of a file below INPUT_FOLDER that looks like a photo and is none, and why."""


@dataclass(frozen=True)
class PreparedImage:
    """A prepared image at its place in the tree, or a loose one.

    identity, video: the folders that it lies in below INPUT_FOLDER; empty where the layout has none. foreign: places of
    outputs, as masking.dataset.outputs names them, at which something stands that is not this program's. is_flat: it
    lies in INPUT_FOLDER itself. backup_only: its outputs go into OUTPUT_FOLDER only. flat_backup: they lie there as
    OUTPUT_LAYOUT = original has them, in one folder with those of all other images.
    """

    identity: str
    video: str
    path: Path
    foreign: frozenset[str] = frozenset()
    is_flat: bool = False
    backup_only: bool = False
    flat_backup: bool = False

    @property
    def is_loose(self) -> bool:
        """Whether it stands in no tree, so that its outputs go into OUTPUT_FOLDER only."""
        return not self.identity and not self.is_flat

    @property
    def folders(self) -> tuple[str, ...]:
        """Those between INPUT_FOLDER and it, which its backup has too."""
        return tuple(folder for folder in (self.identity, self.video) if folder)

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
    def identity(self) -> str:
        """As far as its path tells."""
        return (*self.relative_path.parent.parts[:1], "")[0]

    @property
    def video(self) -> str:
        """As far as its path tells; with slashes where it lies too deep."""
        return "/".join(self.relative_path.parent.parts[1:])

    @property
    def name(self) -> str:
        """The file's or folder's name."""
        return self.relative_path.name

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.input_folder / self.relative_path


def walk(
    input_folder: Path, layout: Layout = IDENTITY_VIDEO, passed_over: PassedOver | None = None
) -> Iterator[PreparedImage | RefusedEntry]:
    """Every photo below `input_folder`, and everything that had to be refused, sorted by name in each folder.

    What is hidden, that is, begins with a dot, is none of the tree's: neither files, as the `._X_prep.png` that macOS
    leaves, nor folders, as a file server's `.snapshot` with all photos of last week; nor is what network storage and
    Windows leave everywhere. A symbolic link is followed where it stays inside the tree. Outputs of an earlier run have
    other names and are never inputs. Two photos that would write the same outputs (`X_prep.png`, `X_prep.jpg`) are both
    refused. Files that look like photos, and are passed over, are told to `passed_over`, with the reason.
    """
    root = Path(os.path.realpath(input_folder))
    walker = _Walker(root, layout, passed_over or _tell_nobody)
    for entry in walker.below(input_folder, Path(), (root,)):
        if isinstance(entry, RefusedEntry):
            entry = dataclasses.replace(entry, input_folder=input_folder)
        yield entry


def _tell_nobody(place: Path, why: str) -> None:
    pass


@dataclass(frozen=True)
class _Walker:
    root: Path
    layout: Layout
    passed_over: PassedOver

    def below(self, folder: Path, below: Path, ancestors: tuple[Path, ...]) -> Iterator[PreparedImage | RefusedEntry]:
        """All entries of `folder`, which lies `below` the root; `ancestors`: it and the folders above it, resolved."""
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield RefusedEntry(below, f"the folder can't be read: {error.strerror}")
            return
        depth = len(below.parts)
        photos, doubled = self.layout.photos_among([entry.name for entry in listed if not is_dropping(entry.name)])
        if not self.layout.prepared_only and depth != self.layout.depth:
            photos = set()
        self._note_left_alone(listed, below, photos)
        for entry in listed:
            if entry.name not in photos and (is_dropping(entry.name) or entry.is_file(follow_symlinks=False)):
                continue
            place = below / entry.name
            if entry.is_dir(follow_symlinks=False) and not (depth >= self.layout.depth and entry.name in photos):
                yield from self.below(folder / entry.name, place, (*ancestors, ancestors[-1] / entry.name))
            elif entry.is_symlink() and (refusal := self._refuse_link(entry, depth, ancestors)):
                yield RefusedEntry(place, refusal)
            elif entry.is_dir() and depth < self.layout.depth:
                yield from self.below(folder / entry.name, place, (*ancestors, Path(os.path.realpath(entry.path))))
            elif entry.name in photos:
                yield self._photo(entry, below, doubled)

    def _note_left_alone(self, listed: list[os.DirEntry[str]], below: Path, photos: set[str]) -> None:
        stems = {same_name(entry.name.rpartition(".")[0]) for entry in listed} if not self.layout.prepared_only else ()
        for entry in listed:
            if entry.name in photos:
                continue
            why = why_left_alone(entry.name, prepared_only=self.layout.prepared_only)
            if not self.layout.prepared_only and not why:
                why = self._why_passed_over(entry.name, below, stems)
            if why and entry.is_file(follow_symlinks=False):
                self.passed_over(below / entry.name, why)

    def _why_passed_over(self, name: str, below: Path, stems: Collection[str]) -> str:
        """Where every picture is a photo: why this one is none."""
        if is_picture_name(name):
            return OTHER_DEPTH if len(below.parts) != self.layout.depth else ""
        if name[0] != "." and is_output_picture(name) and photo_of_output(name) not in stems:
            return LIKE_AN_OUTPUT
        return ""

    def _refuse_link(self, entry: os.DirEntry[str], depth: int, ancestors: tuple[Path, ...]) -> str | None:
        """Why this link is not followed; None where it may be, or leads to something that is no concern of ours."""
        target = Path(os.path.realpath(entry.path))
        try:
            leads_to_folder = entry.is_dir()
        except OSError as error:
            return f"the link can't be followed: {error.strerror}"
        if not leads_to_folder and not self.layout.is_photo_name(entry.name):
            return None
        if not target.exists():
            return "the link leads nowhere"
        if target != self.root and self.root not in target.parents:
            return "the link leaves INPUT_FOLDER"
        if leads_to_folder and target in ancestors:
            return "the link leads back to a folder above it"
        if leads_to_folder and depth >= self.layout.depth:
            return "links to folders are not followed below a video"
        return None

    def _photo(self, entry: os.DirEntry[str], below: Path, doubled: set[str]) -> PreparedImage | RefusedEntry:
        place = below / entry.name
        if len(below.parts) != self.layout.depth:
            return RefusedEntry(place, self.layout.wrong_depth)
        if not entry.is_file():
            return RefusedEntry(place, "is not a regular file")
        if entry.name in doubled:
            return RefusedEntry(place, "another prepared image of this folder would write outputs of the same names")
        identity, video = (*below.parts, "", "")[:2]
        return PreparedImage(identity, video, Path(entry.path), is_flat=not below.parts)
