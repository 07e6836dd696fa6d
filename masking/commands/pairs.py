"""Given two runs' OUTPUT_FOLDERs, list the identities that have a mask in both; writes QUERY/pairs.csv."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from masking.commands.console import Console
from masking.commands.options import add_output_options
from masking.core.errors import EmptyTreeError, ExitCode

SUMMARY = "who has a mask in both the query and the database"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("query", metavar="QUERY", type=Path, help="OUTPUT_FOLDER of the query folder's run")
    parser.add_argument("database", metavar="DATABASE", type=Path, help="OUTPUT_FOLDER of the database folder's run")
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """List who is a pair. Raises EmptyTreeError where nobody is."""
    from masking.report.pairs import pair, pairs_text, write_pairs

    console = Console.of(options)
    identities, written = pair(options.query, options.database), options.query / "pairs.csv"
    write_pairs(written, identities)
    console.say(pairs_text(identities, written))
    for identity in identities:
        console.result(**asdict(identity), pair=identity.is_pair, why_not=identity.why_not)
    if not any(identity.is_pair for identity in identities):
        raise EmptyTreeError("no identity has a mask in both, so nothing can be compared")
    return ExitCode.ALL_DONE
