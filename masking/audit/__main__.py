"""`python -m masking.audit QUERY_FOLDER`: prove that a finished tree shows nothing that it must hide."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from masking.audit.tree import audit_tree
from masking.errors import ExitCode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 where no fault was found, 1 where one was, 2 where the folders can't be read."""
    parser = argparse.ArgumentParser(prog="python -m masking.audit", description=__doc__)
    parser.add_argument("input_folder", type=Path, metavar="FOLDER", help="a finished query or database folder")
    parser.add_argument("--output-folder", type=Path, metavar="DIR", help="its OUTPUT_FOLDER: checks outcomes.csv too")
    options = parser.parse_args(arguments)
    outcomes_file = options.output_folder / "outcomes.csv" if options.output_folder else None
    if not options.input_folder.is_dir():
        print(f"error: {options.input_folder} is not a folder", file=sys.stderr)
        return ExitCode.USAGE
    images = found = 0
    try:
        for path, faults in audit_tree(options.input_folder, outcomes_file):
            images += path != options.input_folder
            found += len(faults)
            for fault in faults:
                print(f"{fault.path}: {fault.problem}")
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return ExitCode.USAGE
    records = "and their outcomes " if outcomes_file else ""
    print(f"{images} prepared images {records}checked, {found} faults found")
    return ExitCode.SOME_NOT_MASKED if found else ExitCode.ALL_MASKED


if __name__ == "__main__":
    sys.exit(main())
