"""What was seen of each frame: kept on the disk while a video is read, written as lines of prepared.csv at its end."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType

from masking.core.safe_files import unnamed_file
from masking.pipeline.spreadsheet import plain_cell
from masking.preparation.frames import Frame
from masking.preparation.judge import Sight
from masking.preparation.status import Verdict

COLUMNS = (
    "identity", "video", "frame", "index", "seconds", "verdict", "chosen_for", "prepared_image", "confidence",
    "other_confidence", "mesh_score", "yaw", "pitch", "roll", "sharpness", "left", "top", "right", "bottom",
)  # fmt: skip


@dataclass(frozen=True)
class Axis:
    """How a number is counted in classes. logarithmic: a class is a quarter of a doubling, else `width` wide."""

    name: str
    title: str
    width: float
    logarithmic: bool = False

    def class_of(self, value: float) -> int:
        """The class that `value` falls into."""
        if self.logarithmic:
            return math.floor(4 * math.log2(max(value, 1e-3)))
        # A number that ends on the border of a class belongs to the next one, whatever its last binary digit.
        return math.floor(value / self.width + 1e-9)

    def lower(self, number: int) -> float:
        """Where class `number` begins."""
        return float(2 ** (number / 4)) if self.logarithmic else number * self.width


AXES = (
    Axis("confidence", "detector's score of the face", 0.02),
    Axis("other_confidence", "detector's score of anything else", 0.02),
    Axis("yaw", "yaw, degrees", 2.0),
    Axis("pitch", "pitch, degrees", 2.0),
    Axis("roll", "roll, degrees", 2.0),
    Axis("size", "face, pixels", 1.0, logarithmic=True),
    Axis("sharpness", "sharpness", 1.0, logarithmic=True),
)
AXIS_AT = {axis.name: axis for axis in AXES}
Histogram = dict[int, list[int]]
"""Class -> how many frames in it were kept, and how many were not."""


@dataclass(frozen=True)
class FrameRow:
    """One frame as prepared.csv has it, except for what its video decides. numbers: by column, where there are any."""

    name: str
    index: int
    seconds: float | None
    verdict: Verdict
    numbers: Mapping[str, float]

    @classmethod
    def of(cls, frame: Frame, sight: Sight, verdict: Verdict) -> FrameRow:
        """What `frame` comes to."""
        numbers: dict[str, float] = {"confidence": sight.confidence, "other_confidence": sight.other_confidence}
        if frame.picture is None:
            numbers = {}
        elif (face := sight.face) is not None:
            numbers |= {"mesh_score": face.mesh_score, "sharpness": face.sharpness, "size": face.size}
            numbers |= {"yaw": face.pose.yaw, "pitch": face.pose.pitch, "roll": face.pose.roll}
            numbers |= dict(zip(("left", "top", "right", "bottom"), map(float, face.box), strict=True))
        return cls(frame.name, frame.index, frame.seconds, verdict, numbers)


@dataclass
class Summary:
    """What a video's frames come to. verdicts: how many frames have each. histograms: by axis."""

    verdicts: Counter[str] = field(default_factory=Counter)
    histograms: dict[str, Histogram] = field(default_factory=dict)

    def add(self, row: FrameRow) -> None:
        """Count one more frame."""
        self.verdicts[str(row.verdict)] += 1
        # What isn't a face has no pose and no size.
        known = ("confidence", "other_confidence") if row.verdict is Verdict.NO_FACE else tuple(AXIS_AT)
        for name in known:
            if (value := row.numbers.get(name)) is not None:
                counts = self.histograms.setdefault(name, {}).setdefault(AXIS_AT[name].class_of(value), [0, 0])
                counts[row.verdict is not Verdict.KEPT] += 1


class FrameRows:
    """The rows of one video, in an unnamed file: memory stays flat however long the video is."""

    def __enter__(self) -> FrameRows:
        self._file = unnamed_file()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, row: FrameRow) -> None:
        """Keep one more."""
        numbers = {name: round(value, 4) for name, value in row.numbers.items()}
        self._file.write(json.dumps([row.name, row.index, row.seconds, str(row.verdict), numbers]) + "\n")

    def read(self, changed: Mapping[int, Verdict]) -> Iterator[FrameRow]:
        """All rows, with the verdicts that have `changed` since, by the frame's index."""
        self._file.seek(0)
        for line in self._file:
            name, index, seconds, verdict, numbers = json.loads(line)
            row = FrameRow(name, index, seconds, Verdict(verdict), numbers)
            yield replace(row, verdict=changed[index]) if index in changed else row


def csv_line(identity: str, video: str, row: FrameRow, chosen_for: str, prepared_image: str) -> str:
    """The frame's line in prepared.csv."""
    known = {
        "identity": plain_cell(identity),
        "video": plain_cell(video),
        "frame": plain_cell(row.name),
        "index": row.index,
        "seconds": "" if row.seconds is None else f"{row.seconds:.3f}",
        "verdict": str(row.verdict),
        "chosen_for": chosen_for,
        "prepared_image": plain_cell(prepared_image),
        **{name: f"{value:.6g}" for name, value in row.numbers.items()},
    }
    line = io.StringIO()
    csv.DictWriter(line, COLUMNS, restval="", extrasaction="ignore").writerow(known)
    return line.getvalue()


def header_line() -> str:
    """The first line of prepared.csv."""
    line = io.StringIO()
    csv.writer(line).writerow(COLUMNS)
    return line.getvalue()
