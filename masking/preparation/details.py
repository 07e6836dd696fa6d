"""What an outcome of preparation holds beyond what every stage's outcome holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from masking.pipeline.outcome import Outcome


@dataclass(frozen=True)
class PreparationDetails:
    """frames: how many were examined. kept: how many of them the bounds let through. query, database: how many were
    chosen for each. lacking: how many are missing.
    """

    frames: int = 0
    kept: int = 0
    query: int = 0
    database: int = 0
    lacking: int = 0

    @property
    def mapping(self) -> dict[str, int]:
        """As Outcome.details."""
        return asdict(self)


COLUMNS = tuple(one.name for one in fields(PreparationDetails))


def details_of(outcome: Outcome) -> PreparationDetails:
    """The details of an outcome of this stage; refused ones may have none."""
    return PreparationDetails(**outcome.details)  # type: ignore[arg-type]


def are_sound(details: Mapping[str, object]) -> bool:
    """Whether `details` are none, or those that preparation can have made."""
    if not details:
        return True
    return details.keys() == set(COLUMNS) and all(type(value) is int and value >= 0 for value in details.values())


def cells(outcome: Outcome) -> tuple[object, ...]:
    """What outcomes.csv has under COLUMNS."""
    return tuple(getattr(details_of(outcome), name) for name in COLUMNS)


@dataclass
class PreparationStatistics:
    """What run.json says about frames. As DetailStatistics."""

    totals: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """As DetailStatistics."""
        self.totals.update(details_of(outcome).mapping)

    def facts(self) -> dict[str, object]:
        """As DetailStatistics."""
        return {"frames": {"all" if name == "frames" else name: self.totals[name] for name in COLUMNS}}
