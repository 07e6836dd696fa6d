"""What became of one prepared image: the record that journal, report and exit code are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from masking.core.errors import Status

MISSED_BOUND = re.compile(r"(?P<bound>[A-Z_]+) (?P<value>-?[0-9.]+), (?P<limit>-?[0-9.]+) (needed|allowed)")
"""What Outcome.missed says, where it says anything."""
MOST_MISSED = 99.0
"""A value that is farther off, or infinitely so, is given as this."""


def missed_bound(bound: str, value: float, limit: float, word: str = "needed") -> str:
    """How an image missed a bound, for people and for MISSED_BOUND; word: `needed` or `allowed`."""
    return f"{bound} {min(max(value, -MOST_MISSED), MOST_MISSED):.2f}, {limit:.2f} {word}"


@dataclass(frozen=True)
class FileState:
    """What a file was when it was read or written: SHA-256 of its content (32 bytes), size in bytes, modification time
    in nanoseconds.
    """

    sha256: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Outcome:
    """One image's outcome.

    identity, video, image: its place in the tree; image is the file's name. The layout may have no videos, or neither
    identities nor videos. person: whom it shows, where no folder tells.
    reason: empty where it was masked, else a sentence for people.
    seconds: time spent on it. score: the mesh network's, 0..1. detector_score: that of the detector that bears it out.
    coverage: share of hull pixels that the mesh reaches.
    step_seconds: time by step.
    masked_faces: how many faces were masked. other_faces: how many more were found and left as they are. candidates:
    places that were looked at because they might be a face. missed: the bound that a refused image missed.
    source: the image file as it was read; None where it could not be read. outputs: the published files, by the place
    that masking.dataset.outputs.output_places names.
    recorded: an earlier run's outcome, which still holds.
    """

    identity: str
    video: str
    image: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    score: float | None = None
    coverage: float | None = None
    step_seconds: Mapping[str, float] = field(default_factory=dict)
    source: FileState | None = None
    outputs: Mapping[str, FileState] = field(default_factory=dict)
    recorded: bool = False
    masked_faces: int = 0
    other_faces: int = 0
    detector_score: float | None = None
    candidates: int = 0
    missed: str = ""
    person: str = ""

    @property
    def whose(self) -> str:
        """The identity that it is counted under."""
        return self.person or self.identity

    @property
    def folder(self) -> str:
        """The folder that the image is in, below INPUT_FOLDER."""
        return "/".join(part for part in (self.identity, self.video) if part)

    @property
    def place(self) -> str:
        """Where the image is, below INPUT_FOLDER."""
        return "/".join(part for part in (self.identity, self.video, self.image) if part)
