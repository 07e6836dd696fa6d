"""`python -m masking.audit QUERY_FOLDER`: prove that a finished tree shows nothing that it must hide."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from masking.audit.tree import Check, audit_tree
from masking.core.errors import ConfigError, ExitCode, MaskingError
from masking.core.printable import printable
from masking.core.terminal import say


def build_parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m masking.audit", description=__doc__)
    parser.add_argument("input_folder", type=Path, metavar="FOLDER", help="a finished query or database folder")
    parser.add_argument(
        "--output-folder",
        type=Path,
        metavar="DIR",
        help="its OUTPUT_FOLDER: checks outcomes.csv and every file there too",
    )
    parser.add_argument(
        "--faces",
        action="store_true",
        help="look for faces that the overlays show, and for masks that lie askew, with detectors that have no say in "
        "masking",
    )
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="mask each photo once more, as run.json says, and compare: finds also what no picture tells by itself, "
        "and takes as long as masking did",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 where no fault was found, 1 where one was, 2 where the folders can't be read."""
    options = build_parser().parse_args(arguments)
    if not options.input_folder.is_dir():
        say(f"error: {printable(options.input_folder)} is not a folder", on_error_output=True)
        return ExitCode.USAGE
    try:
        with ExitStack() as opened:
            return _audit(options, _checks(options, opened))
    except MaskingError as error:
        for problem in error.problems if isinstance(error, ConfigError) else [str(error)]:
            say(f"error: {printable(problem)}", on_error_output=True)
        return error.exit_code
    except OSError as error:
        say(f"error: {printable(error.filename)}: {error.strerror}", on_error_output=True)
        return ExitCode.USAGE


def _checks(options: argparse.Namespace, opened: ExitStack) -> list[Check]:
    """What is asked of each masked image beyond what its pictures tell."""
    checks: list[Check] = []
    if options.faces:
        from masking.audit.faces import FaceCheck

        checks.append(FaceCheck())
    if options.rerun:
        from masking.audit.records import read_facts
        from masking.audit.rerun import open_rerun
        from masking.core.process import set_up_process

        set_up_process()
        facts = read_facts(options.output_folder) if options.output_folder else {}
        checks.append(opened.enter_context(open_rerun(facts, options.input_folder)))
    return checks


def _audit(options: argparse.Namespace, checks: list[Check]) -> int:
    from tqdm import tqdm

    outcomes_file = options.output_folder / "outcomes.csv" if options.output_folder else None
    images = found = 0
    audited = audit_tree(options.input_folder, outcomes_file, checks)
    for path, faults in tqdm(audited, desc="Auditing", unit=" images", disable=not checks, leave=False):
        images += path != options.input_folder
        found += len(faults)
        for fault in faults:
            say(f"{printable(fault.path)}: {printable(fault.problem)}")
    records = "and their outcomes " if outcomes_file else ""
    say(f"{images} prepared images {records}checked, {found} faults found")
    return ExitCode.SOME_NOT_MASKED if found else ExitCode.ALL_MASKED


if __name__ == "__main__":
    import sys

    sys.exit(main())
