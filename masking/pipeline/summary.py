"""What a run says at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from masking.core.errors import ExitCode
from masking.core.printable import printable
from masking.pipeline.outcome import Outcome
from masking.pipeline.stage import Stage

SHOWN_FAILURES = 10


@dataclass
class Tally:
    """Counts what `stage` did, and keeps the first outcomes that came to nothing."""

    stage: Stage
    counts: Counter[str] = field(default_factory=Counter)
    first_failures: list[Outcome] = field(default_factory=list)
    recorded: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.counts[str(outcome.status)] += 1
        self.recorded += outcome.recorded
        if outcome.status != self.stage.finished and len(self.first_failures) < SHOWN_FAILURES:
            self.first_failures.append(outcome)

    @property
    def total(self) -> int:
        """Items with an outcome."""
        return self.counts.total()

    @property
    def unfinished(self) -> int:
        """Items that came to nothing."""
        return self.total - self.counts[self.stage.finished]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a run with these outcomes."""
        return ExitCode.SOME_NOT_DONE if self.unfinished else ExitCode.ALL_DONE

    @property
    def done(self) -> int:
        """Items that this run has worked on."""
        return self.total - self.recorded

    @property
    def by_status(self) -> dict[str, int]:
        """How many items have each status, in the stage's order; only those that occur."""
        return {str(status): self.counts[status] for status in self.stage.statuses if self.counts[status]}

    def text(self, seconds: float, interrupted: bool) -> str:
        """The closing summary, for a terminal."""
        items = self.stage.words.items
        lines = [
            self._what_was_done(seconds, interrupted),
            *([f"Skipped: {self.recorded} {items}, done by an earlier run and unchanged"] if self.recorded else []),
            *(f"  {status:<17}{count:>8}" for status, count in self.by_status.items()),
        ]
        if self.first_failures:
            lines.append(f"{self.stage.words.unfinished}:")
            lines.extend(
                f"  {printable(self.stage.shown_path(failed))}: {failed.status}: {printable(failed.reason)}"
                for failed in self.first_failures
            )
        if self.unfinished > len(self.first_failures):
            lines.append(f"  ... and {self.unfinished - len(self.first_failures)} more")
        return "\n".join(lines)

    def _what_was_done(self, seconds: float, interrupted: bool) -> str:
        if not (self.done or interrupted):
            return f"Nothing to do; checking took {seconds:.1f} s"
        verb, items = "Interrupted after" if interrupted else "Done:", self.stage.words.items
        rate = f", {self.done / seconds:.1f} {items}/s" if seconds > 0 and self.done else ""
        return f"{verb} {self.done} {items} in {seconds:.1f} s{rate}"
