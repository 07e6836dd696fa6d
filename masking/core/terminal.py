"""The one way to the terminal: what is said there can't move its cursor, set its title, or forge a line."""

from __future__ import annotations

import os
import sys

from masking.core.printable import printable_lines

QUIET = "MASKING_QUIET"
"""In the environment, where worker processes see it too: nothing is mentioned."""


def say(text: object, *, on_error_output: bool = False) -> None:
    """Print `text`. Line feeds in it stay, because they are its author's: names in it have gone through `printable`."""
    print(printable_lines(text), file=sys.stderr if on_error_output else sys.stdout, flush=True)


def mention(text: object) -> None:
    """Print on standard error what the program is at, unless it was told to be quiet."""
    if QUIET not in os.environ:
        say(text, on_error_output=True)


def mention_nothing(*, quiet: bool) -> None:
    """Have `mention` say nothing in this process, and in those that it starts; or something again."""
    if quiet:
        os.environ[QUIET] = "1"
    else:
        os.environ.pop(QUIET, None)
