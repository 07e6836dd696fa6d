"""Where a video's outputs are in TARGET, and what its record says about them.

    query/<identity>/<video>/<identity>_<frame>_prep.png    what the mask stage takes
    database/<identity>/<video>/...
    videos/<identity>/<video>.json, .csv, .jpg              the video's record, its lines of prepared.csv, its sheet

The record names every file in the two trees that is this video's, so that the next run knows what is its own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from masking.preparation.frame_rows import AXIS_AT, Histogram
from masking.preparation.status import Verdict

RECORD, ROWS, SHEET = "videos/*.json", "videos/*.csv", "videos/*.jpg"
LOCATIONS = (RECORD, ROWS, SHEET)
"""Where every video that could be read has a file. `*` stands for identity and video."""
TREES = ("database", "query")
"""In the order in which the draw fills them, as the original's."""
RECORD_FORMAT = 1
MAX_RECORD_BYTES = 4_000_000
MAX_NAME_BYTES = 255
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TreeFile:
    """A file in the query or the database tree. sha256: of its content, hexadecimal."""

    tree: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Thumbnail:
    """A square of the sheet: which frame, what became of it, and a number that says why."""

    frame: str
    verdict: str
    chosen_for: str = ""
    note: str = ""


@dataclass(frozen=True)
class VideoRecord:
    """What a video came to. frames: how many were examined. verdicts: how many have each. histograms: by axis."""

    frames: int = 0
    lacking: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    files: tuple[TreeFile, ...] = ()
    sheet: tuple[Thumbnail, ...] = ()

    @property
    def text(self) -> str:
        """The record's file."""
        return json.dumps({"format": RECORD_FORMAT, **asdict(self)}, sort_keys=True, indent=1) + "\n"


def record_of(content: bytes) -> VideoRecord | None:
    """The record in a file's `content`; None where it isn't one that `VideoRecord.text` can have made."""
    try:
        known = json.loads(content)
        if known.pop("format") != RECORD_FORMAT or not _are_counts([known["frames"], known["lacking"]]):
            return None
        return VideoRecord(
            frames=known["frames"],
            lacking=known["lacking"],
            verdicts=_sound_verdicts(known["verdicts"]),
            histograms={name: _sound_histogram(name, counts) for name, counts in known["histograms"].items()},
            files=tuple(_sound_file(one) for one in known["files"]),
            sheet=tuple(_sound_thumbnail(one) for one in known["sheet"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _sound_verdicts(known: Mapping[str, Any]) -> dict[str, int]:
    if not _are_counts(list(known.values())):
        raise ValueError
    return {str(Verdict(name)): count for name, count in known.items()}


def _sound_histogram(name: str, known: Mapping[str, Any]) -> Histogram:
    histogram = {int(number): list(counts) for number, counts in known.items()}
    if name not in AXIS_AT or not all(len(counts) == 2 and _are_counts(counts) for counts in histogram.values()):
        raise ValueError
    return histogram


def _sound_file(known: Mapping[str, Any]) -> TreeFile:
    one = TreeFile(**known)
    if one.tree not in TREES or not SHA256.fullmatch(one.sha256) or not _is_tree_name(one.name):
        raise ValueError
    return one


def _sound_thumbnail(known: Mapping[str, Any]) -> Thumbnail:
    one = Thumbnail(**known)
    if not all(isinstance(text, str) for text in asdict(one).values()):
        raise TypeError
    Verdict(one.verdict)
    return one


def _are_counts(values: list[Any]) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _is_tree_name(name: str) -> bool:
    """Whether it is a single name, which the mask stage's own outputs never have."""
    return "/" not in name and "\0" not in name and name not in ("", ".", "..") and name[0] != "."


def prepared_name(identity: str, frame: str, ending: str = ".png") -> str:
    """The name of the prepared image of a frame, cut in the middle where the file system would not take it."""
    return _shortened(f"{identity}_{frame}", f"_prep{ending}")


def frame_name(identity: str, frame: str, ending: str) -> str:
    """The name of the whole frame beside it."""
    return _shortened(f"{identity}_{frame}", ending)


def _shortened(stem: str, ending: str) -> str:
    # The mask stage's names are longer: `_prep_visualization.png`.
    room = MAX_NAME_BYTES - 40 - len(ending)
    content = os.fsencode(stem)
    if len(content) <= room:
        return stem + ending
    tail = content[-64:].decode("utf-8", "ignore")
    head = content[: room - len(os.fsencode(tail)) - 1].decode("utf-8", "ignore")
    return f"{head}~{tail}{ending}"


def output_path(target: str, identity: str, video: str, location: str) -> str:
    """The path of a video's file at `location`."""
    return f"{target}/{location.replace('*', f'{identity}/{video}')}"


def tree_folder(identity: str, video: str, tree: str) -> str:
    """The folder of a video's prepared images, below TARGET."""
    return f"{tree}/{identity}/{video}"
