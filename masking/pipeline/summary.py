"""What a run says at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from masking.core.errors import ExitCode, Status
from masking.core.printable import printable
from masking.pipeline.outcome import Outcome

SHOWN_FAILURES = 10


@dataclass
class Tally:
    """Counts outcomes, and keeps the first ones that got no mask."""

    counts: Counter[Status] = field(default_factory=Counter)
    first_failures: list[Outcome] = field(default_factory=list)
    recorded: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.counts[outcome.status] += 1
        self.recorded += outcome.recorded
        if outcome.status is not Status.MASKED and len(self.first_failures) < SHOWN_FAILURES:
            self.first_failures.append(outcome)

    @property
    def total(self) -> int:
        """Images with an outcome."""
        return self.counts.total()

    @property
    def not_masked(self) -> int:
        """Images without a mask."""
        return self.total - self.counts[Status.MASKED]

    @property
    def exit_code(self) -> ExitCode:
        """What a run with these outcomes tells the shell."""
        return ExitCode.SOME_NOT_MASKED if self.not_masked else ExitCode.ALL_MASKED

    @property
    def done(self) -> int:
        """Images that this run has worked on."""
        return self.total - self.recorded

    def text(self, seconds: float, interrupted: bool) -> str:
        """The closing summary, for a terminal."""
        lines = [
            self._what_was_done(seconds, interrupted),
            *([f"Skipped: {self.recorded} images, done by an earlier run and unchanged"] if self.recorded else []),
            *(f"  {status.value:<17}{self.counts[status]:>8}" for status in Status if self.counts[status]),
        ]
        if self.first_failures:
            lines.append("Without a mask:")
            lines.extend(
                f"  {printable(failed.place)}: {failed.status}: {printable(failed.reason)}"
                for failed in self.first_failures
            )
        if self.not_masked > len(self.first_failures):
            lines.append(f"  ... and {self.not_masked - len(self.first_failures)} more")
        return "\n".join(lines)

    def _what_was_done(self, seconds: float, interrupted: bool) -> str:
        if not (self.done or interrupted):
            return f"Nothing to do; that was found out in {seconds:.1f} s"
        verb = "Interrupted after" if interrupted else "Done:"
        rate = f", {self.done / seconds:.1f} images/s" if seconds > 0 and self.done else ""
        return f"{verb} {self.done} images in {seconds:.1f} s{rate}"
