"""What an outcome of masking holds beyond what every stage's outcome holds."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from statistics import median

from masking.core.bounds import MISSED_BOUND
from masking.pipeline.outcome import Outcome

NUMBERS = ("score", "detector_score", "coverage", "survivor_score")
COUNTS = ("masked_faces", "other_faces", "candidates")


@dataclass(frozen=True)
class MaskDetails:
    """score: the mesh network's, 0..1. detector_score: that of the detector that confirms it. coverage: share of hull
    pixels that the mesh reaches. masked_faces: how many faces were masked. other_faces: how many more were found and
    left as they are. candidates: regions that were examined because they might be a face. survivor_score: how
    much the one that most looks like a face beside the mask looks like one, 0..1. missed_bound: the bound that a
    refused image missed.
    """

    score: float | None = None
    coverage: float | None = None
    masked_faces: int = 0
    other_faces: int = 0
    detector_score: float | None = None
    candidates: int = 0
    survivor_score: float | None = None
    missed_bound: str = ""

    @property
    def mapping(self) -> dict[str, int | float | str | None]:
        """As Outcome.details."""
        return asdict(self)


NAMES = frozenset(field.name for field in fields(MaskDetails))


def details_of(outcome: Outcome) -> MaskDetails:
    """The details of an outcome of this stage; refused ones may have none."""
    return MaskDetails(**outcome.details)  # type: ignore[arg-type]


def are_sound(details: Mapping[str, object]) -> bool:
    """Whether `details` are none, or those of a MaskDetails that masking can have made."""
    if not details:
        return True
    missed = details.get("missed_bound")
    return (
        details.keys() == NAMES
        and all(_is_number(details[name]) for name in NUMBERS)
        and all(type(count) is int and count >= 0 for count in map(details.__getitem__, COUNTS))
        and isinstance(missed, str)
        and (missed == "" or MISSED_BOUND.fullmatch(missed) is not None)
    )


def _is_number(value: object) -> bool:
    return value is None or (type(value) is float and math.isfinite(value))


COLUMNS = (
    "score",
    "coverage",
    "masked_faces",
    "other_faces",
    "detector_score",
    "candidates",
    "survivor_score",
    "missed_bound",
)


def cells(outcome: Outcome) -> tuple[object, ...]:
    """What outcomes.csv has under COLUMNS."""
    details = details_of(outcome)
    return (
        _decimals(details.score),
        _decimals(details.coverage),
        details.masked_faces,
        details.other_faces,
        _decimals(details.detector_score),
        details.candidates,
        _decimals(details.survivor_score),
        details.missed_bound,
    )


def _decimals(number: float | None) -> str:
    return "" if number is None else f"{number:.4f}"


@dataclass
class MaskStatistics:
    """What run.json says about candidates and missed bounds. As DetailStatistics."""

    candidates: int = 0
    missed: dict[str, array[float]] = field(default_factory=lambda: defaultdict(lambda: array("d")))

    def add(self, outcome: Outcome) -> None:
        """As DetailStatistics."""
        details = details_of(outcome)
        self.candidates += details.candidates
        if missed := MISSED_BOUND.fullmatch(details.missed_bound):
            self.missed[missed["bound"]].append(float(missed["value"]))

    def facts(self) -> dict[str, object]:
        """As DetailStatistics."""
        return {
            "candidates": self.candidates,
            "missed_bounds": {
                bound: {
                    "images": len(values),
                    "minimum": min(values),
                    "median": median(values),
                    "maximum": max(values),
                }
                for bound, values in sorted(self.missed.items())
            },
        }
