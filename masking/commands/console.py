"""What a command says, and where: lines for people, or one line of JSON a result."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import dataclass

from masking.core.printable import printable
from masking.core.terminal import mention_nothing, say
from masking.pipeline.outcome import Outcome


@dataclass(frozen=True)
class Console:
    """quiet: errors alone. verbose: each result as it comes. as_json: results go to standard output as JSON, one line
    each, and everything else to standard error.
    """

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False

    @classmethod
    def of(cls, options: argparse.Namespace) -> Console:
        """The console that the command's options ask for; what is mentioned elsewhere goes by the same."""
        mention_nothing(quiet=options.quiet)
        return cls(options.quiet, options.verbose, options.as_json)

    @property
    def shows_progress(self) -> bool:
        """Whether there is a progress bar."""
        return not self.quiet

    def say(self, text: str) -> None:
        """Say what belongs to the result."""
        if not self.quiet:
            say(text, on_error_output=self.as_json)

    def mention(self, text: str) -> None:
        """Say what the command is at."""
        if not self.quiet:
            say(text, on_error_output=True)

    def result(self, **fields: object) -> None:
        """Give a result to programs."""
        if self.as_json:
            say(json.dumps(fields, allow_nan=False))

    def outcome(self, outcome: Outcome, shown_path: str = "") -> None:
        """Give an outcome to programs, and to people who asked for each. shown_path: where its item is, if not at its
        relative path.
        """
        if self.as_json:
            self.result(**json_of(outcome))
        if self.verbose and not outcome.recorded:
            reason = f": {printable(outcome.reason)}" if outcome.reason else ""
            self.mention(f"{printable(shown_path or outcome.relative_path)}: {outcome.status}{reason}")


def json_of(outcome: Outcome) -> dict[str, object]:
    """An outcome as a line of JSON holds it."""
    return {
        "identity": outcome.identity,
        "video": outcome.video,
        "name": outcome.name,
        "status": str(outcome.status),
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "recorded": outcome.recorded,
        "details": dict(outcome.details),
    }


def listen_to_log(console: Console) -> None:
    """Have warnings printed by the same rules as everything else, where there is no run.log: all if verbose."""
    from masking.pipeline.run_log import print_log_plainly

    print_log_plainly()
    if console.quiet:
        logging.getLogger().setLevel(logging.ERROR)
