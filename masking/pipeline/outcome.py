"""One item of a stage's work, and what became of it: the record that journal, report and exit code are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from masking.core.file_state import FileState

FAILED = "failed"
"""The status, in every stage, of an item that is tried again by each run."""
UNREADABLE = "unreadable"
"""The status, in every stage, of what is refused before it is read, or can't be read."""

Detail: TypeAlias = "bool | int | float | str | None"


class Located(Protocol):
    """What is found in the tree, an item or something that was refused."""

    @property
    def identity(self) -> str:
        """The first folder below INPUT_FOLDER; empty where it lies in INPUT_FOLDER itself, or in no tree."""
        ...

    @property
    def video(self) -> str:
        """The second folder; empty where there is none."""
        ...

    @property
    def name(self) -> str:
        """The file's or folder's name."""
        ...


class Item(Located, Protocol):
    """The unit of a stage's work, with its location in the tree: an image, a video.

    foreign: locations of its outputs, as the stage's StageFiles names them, at which there is something that is not
    this program's.
    """

    @property
    def path(self) -> Path:
        """Where it is."""
        ...

    @property
    def foreign(self) -> frozenset[str]:
        """See the class."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of one item.

    identity, video, name: as Item. status: one of the stage's statuses.
    reason: empty where the item is finished, else a sentence for people.
    seconds: time spent on it. step_seconds: the same by step.
    source: the item's file as it was read; None where it could not be read.
    outputs: the published files, by location, as the stage's StageFiles names them.
    details: what only the stage understands.
    person: whom it shows, where no folder says so. recorded: an earlier run's outcome, which still holds.
    thumbnails: JPEG files of what it shows, for the run's page, which the journal doesn't keep.
    """

    identity: str
    video: str
    name: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    step_seconds: Mapping[str, float] = field(default_factory=dict)
    source: FileState | None = None
    outputs: Mapping[str, FileState] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)
    person: str = ""
    recorded: bool = False
    thumbnails: tuple[bytes, ...] = field(default=(), repr=False, compare=False)

    @property
    def whose(self) -> str:
        """The identity that it is counted under."""
        return self.person or self.identity

    @property
    def folder(self) -> str:
        """The folder that the item is in, below INPUT_FOLDER."""
        return "/".join(part for part in (self.identity, self.video) if part)

    @property
    def relative_path(self) -> str:
        """Where the item is, below INPUT_FOLDER."""
        return "/".join(part for part in (self.identity, self.video, self.name) if part)


@dataclass(frozen=True)
class PassedOver:
    """A file that looks like an item but isn't one, and was left alone: where it is below INPUT_FOLDER, and why."""

    relative_path: str
    reason: str


def failed(item: Item, reason: str) -> Outcome:
    """The outcome of an item that something went wrong with."""
    return Outcome(item.identity, item.video, item.name, FAILED, reason)


def refused(entry: Located, reason: str) -> Outcome:
    """The outcome of what was refused before it was read."""
    return Outcome(entry.identity, entry.video, entry.name, UNREADABLE, reason)
