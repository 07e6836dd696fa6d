"""Query against database: which identities have at least one mask in both."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from masking.core.errors import ConfigError, OutputFolderError
from masking.core.printable import printable
from masking.core.safe_files import partial_of, whole_file
from masking.core.unicode_names import composed
from masking.masks.status import Status
from masking.pipeline.outcomes_csv import read_outcomes
from masking.pipeline.spreadsheet import plain_cell

COLUMNS = ("identity", "query_images", "query_masks", "database_images", "database_masks", "pair", "why_not")
SHOWN = 20


@dataclass(frozen=True)
class IdentityCounts:
    """Prepared images of one identity, and how many of them were masked, on both sides."""

    identity: str
    query_images: int
    query_masks: int
    database_images: int
    database_masks: int

    @property
    def is_pair(self) -> bool:
        """Whether there is a mask on both sides: what the original calls a valid identity."""
        return self.query_masks > 0 and self.database_masks > 0

    @property
    def why_not(self) -> str:
        """Empty for a pair, else which side lacks what."""
        sides = (
            ("query", self.query_images, self.query_masks),
            ("database", self.database_images, self.database_masks),
        )
        lacking = [f"no {'mask' if images else 'image'} in the {side}" for side, images, masks in sides if not masks]
        return "; ".join(lacking)


def pair(query: Path, database: Path) -> list[IdentityCounts]:
    """Every identity of two output folders, sorted, counted from their outcomes.csv.

    Raises ConfigError, which names every folder that has none.
    """
    problems = [
        f"{folder / 'outcomes.csv'} is missing; QUERY and DATABASE are the OUTPUT_FOLDERs of two finished runs"
        for folder in (query, database)
        if not (folder / "outcomes.csv").is_file()
    ]
    if problems:
        raise ConfigError(problems)
    (query_images, query_masks), (database_images, database_masks) = map(_count, (query, database))
    return [
        IdentityCounts(name, query_images[name], query_masks[name], database_images[name], database_masks[name])
        for name in sorted(query_images.keys() | database_images.keys())
    ]


def _count(output_folder: Path) -> tuple[Counter[str], Counter[str]]:
    images: Counter[str] = Counter()
    masks: Counter[str] = Counter()
    for row in read_outcomes(output_folder / "outcomes.csv"):
        if identity := composed(row["identity"]):
            images[identity] += 1
            masks[identity] += row["status"] == Status.MASKED.value
    return images, masks


def write_pairs(path: Path, identities: list[IdentityCounts]) -> None:
    """Write pairs.csv whole or not at all. Raises OutputFolderError."""
    try:
        with whole_file(path, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for one in identities:
                counts = (one.query_images, one.query_masks, one.database_images, one.database_masks)
                pair = "yes" if one.is_pair else "no"
                writer.writerow((plain_cell(one.identity), *counts, pair, one.why_not))
    except OSError as error:
        raise OutputFolderError(f"{partial_of(path)} can't be written: {error.strerror}") from error


def pairs_text(identities: list[IdentityCounts], written: Path) -> str:
    """The table for a terminal: counts, then the pairs, then those that are not, as far as they fit."""
    pairs = [one for one in identities if one.is_pair]
    others = [one for one in identities if not one.is_pair]
    masks = sum(one.query_masks for one in pairs), sum(one.database_masks for one in pairs)
    names = {one.identity: printable(one.identity) for one in [*pairs[:SHOWN], *others[:SHOWN]]}
    width = max([8, *map(len, names.values())])
    lines = [
        f"{len(pairs)} of {len(identities)} identities have a mask in query and database: "
        f"{masks[0]} query masks, {masks[1]} database masks"
    ]
    if pairs:
        lines.append(f"  {'identity':<{width}}  query  database")
        lines += [
            f"  {names[one.identity]:<{width}}  {one.query_masks:>5}  {one.database_masks:>8}" for one in pairs[:SHOWN]
        ]
        lines += _rest(pairs)
    if others:
        lines.append("Not paired:")
        lines += [f"  {names[one.identity]:<{width}}  {one.why_not}" for one in others[:SHOWN]]
        lines += _rest(others)
    return "\n".join([*lines, f"Every identity: {printable(written)}"])


def _rest(identities: list[IdentityCounts]) -> list[str]:
    return [f"  ... and {len(identities) - SHOWN} more"] if len(identities) > SHOWN else []
