"""What a preparation leaves."""

from __future__ import annotations

from pathlib import Path

Contents = dict[str, bytes]


def contents_of(target: Path) -> Contents:
    """All that is the same in every run, by its path: without the records that hold times."""
    kept = [target / "prepared.csv"]
    for tree in ("query", "database", "videos"):
        kept += [path for path in (target / tree).rglob("*") if path.is_file()]
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in kept}
