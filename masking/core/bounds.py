"""How something missed a bound, in words that people read and records can be searched for."""

from __future__ import annotations

import re

MISSED_BOUND = re.compile(r"(?P<bound>[A-Z_]+) (?P<value>-?[0-9.]+), (?P<limit>-?[0-9.]+) (needed|allowed)")
"""What `missed_bound` makes."""
FARTHEST_OFF = 99.0
"""A value that is farther off, or infinite, is given as this."""


def missed_bound(bound: str, value: float, limit: float, word: str = "needed") -> str:
    """How a `value` missed its `bound`; word: `needed` or `allowed`."""
    return f"{bound} {min(max(value, -FARTHEST_OFF), FARTHEST_OFF):.2f}, {limit:.2f} {word}"
