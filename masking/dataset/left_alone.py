"""Files that look like photos and were left alone: nobody should believe that they have been masked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from masking.core.printable import printable

MOST_KEPT = 100
SHOWN = 10


@dataclass
class LeftAlone:
    """Counts them, and keeps the first ones' places below INPUT_FOLDER with the reasons."""

    count: int = 0
    first: dict[str, str] = field(default_factory=dict)

    def note(self, place: Path, why: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < MOST_KEPT:
            self.first[place.as_posix()] = why

    @property
    def text(self) -> str:
        """One line for people; empty where there is none."""
        if not self.count:
            return ""
        shown = list(self.first.items())[:SHOWN]
        more = f", and {self.count - len(shown):,} more" if self.count > len(shown) else ""
        files = "1 file that looks" if self.count == 1 else f"{self.count:,} files that look"
        named = ", ".join(f"{printable(place)} ({why})" for place, why in shown)
        return f"Left alone: {files} like photos: {named}{more}"

    @property
    def facts(self) -> dict[str, object]:
        """What run.json says of them."""
        return {"count": self.count, "first": dict(self.first)}
