"""The one way to the terminal: what is said there can't move its cursor, set its title, or forge a line."""

from __future__ import annotations

import sys

from masking.core.printable import printable_lines


def say(text: object, *, on_error_output: bool = False) -> None:
    """Print `text`. Line feeds in it stay, because they are its author's: names in it have gone through `printable`."""
    print(printable_lines(text), file=sys.stderr if on_error_output else sys.stdout, flush=True)
