"""Files that look like items and were left alone: nobody should believe that something was done to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from masking.core.printable import printable
from masking.pipeline.outcome import PassedOver

MAX_KEPT = 100
SHOWN = 10


@dataclass
class LeftAlone:
    """Counts them, and keeps the first ones' paths below INPUT_FOLDER with the reasons. items: what they look like."""

    items: str = "photos"
    count: int = 0
    first: dict[str, str] = field(default_factory=dict)

    def noted(self, entries: Iterable[Any]) -> Iterator[Any]:
        """`entries` of a stage's walk without those that were passed over, which are counted."""
        for entry in entries:
            if not isinstance(entry, PassedOver):
                yield entry
                continue
            self.count += 1
            if len(self.first) < MAX_KEPT:
                self.first[entry.relative_path] = entry.reason

    @property
    def text(self) -> str:
        """One line for people; empty where there is none."""
        if not self.count:
            return ""
        shown = list(self.first.items())[:SHOWN]
        more = f", and {self.count - len(shown):,} more" if self.count > len(shown) else ""
        files = "1 file that looks" if self.count == 1 else f"{self.count:,} files that look"
        named = ", ".join(f"{printable(path)} ({why})" for path, why in shown)
        return f"Left alone: {files} like {self.items}: {named}{more}"

    @property
    def facts(self) -> dict[str, object]:
        """What run.json says of them."""
        return {"count": self.count, "first": dict(self.first)}
