"""`python -m masking.audit QUERY_FOLDER`: prove that a finished tree shows nothing that it must hide."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from masking.audit.tree import audit_tree
from masking.errors import ConfigError, ExitCode
from masking.printable import printable
from masking.terminal import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 where no fault was found, 1 where one was, 2 where the folders can't be read."""
    parser = argparse.ArgumentParser(prog="python -m masking.audit", description=__doc__)
    parser.add_argument("input_folder", type=Path, metavar="FOLDER", help="a finished query or database folder")
    parser.add_argument("--output-folder", type=Path, metavar="DIR", help="its OUTPUT_FOLDER: checks outcomes.csv too")
    options = parser.parse_args(arguments)
    outcomes_file = options.output_folder / "outcomes.csv" if options.output_folder else None
    if not options.input_folder.is_dir():
        say(f"error: {printable(options.input_folder)} is not a folder", on_error_output=True)
        return ExitCode.USAGE
    images = found = 0
    try:
        for path, faults in audit_tree(options.input_folder, outcomes_file):
            images += path != options.input_folder
            found += len(faults)
            for fault in faults:
                say(f"{printable(fault.path)}: {printable(fault.problem)}")
    except ConfigError as error:
        say("\n".join(f"error: {printable(problem)}" for problem in error.problems), on_error_output=True)
        return ExitCode.USAGE
    except OSError as error:
        say(f"error: {printable(error.filename)}: {error.strerror}", on_error_output=True)
        return ExitCode.USAGE
    records = "and their outcomes " if outcomes_file else ""
    say(f"{images} prepared images {records}checked, {found} faults found")
    return ExitCode.SOME_NOT_MASKED if found else ExitCode.ALL_MASKED


if __name__ == "__main__":
    sys.exit(main())
