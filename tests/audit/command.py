"""The audit as its command runs it."""

from __future__ import annotations

from collections.abc import Sequence

from masking.commands.main import main


def audit(arguments: Sequence[str]) -> int:
    """The exit code of `python -m masking audit` with `arguments`."""
    return main(["audit", *arguments])
