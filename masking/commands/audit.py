"""Prove that a finished tree shows nothing that it must hide."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from masking.commands.console import Console
from masking.commands.options import add_output_options
from masking.core.errors import ConfigError, ExitCode
from masking.core.printable import printable

if TYPE_CHECKING:
    from masking.audit.tree import Check

SUMMARY = "prove that a finished tree shows nothing that it must hide"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
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
        help="look for faces that the overlays show, and for misplaced masks, with detectors that have no say in "
        "masking",
    )
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="mask each photo once more, as run.json says, and compare: also finds what a picture can't reveal by "
        "itself, and takes as long as masking did",
    )
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """0 where no fault was found, 1 where one was. Raises ConfigError where the folders can't be read."""
    if not options.input_folder.is_dir():
        raise ConfigError([f"{options.input_folder} is not a folder"])
    try:
        if options.output_folder:
            options.output_folder = _folder_of(options.output_folder, options.input_folder)
        with ExitStack() as opened:
            return _audit(options, _checks(options, opened))
    except OSError as error:
        raise ConfigError([f"{error.filename}: {error.strerror}"]) from error


def _folder_of(output_folder: Path, input_folder: Path) -> Path:
    """Where the masks of `input_folder` are, if another tree's are in `output_folder` itself."""
    from masking.pipeline.output_folder import belongs_to, folder_for

    inner = folder_for(output_folder, input_folder)
    return inner if belongs_to(inner, input_folder) else output_folder


def _checks(options: argparse.Namespace, opened: ExitStack) -> list[Check]:
    """What is asked of each masked image beyond what its pictures tell."""
    checks: list[Check] = []
    if options.faces:
        from masking.audit.faces import FaceCheck

        checks.append(FaceCheck())
    if options.rerun:
        from masking.audit.rerun import open_rerun
        from masking.core.process import set_up_process
        from masking.pipeline.run_facts import read_run_json

        set_up_process()
        facts = read_run_json(options.output_folder) if options.output_folder else {}
        checks.append(opened.enter_context(open_rerun(facts, options.input_folder)))
    return checks


def _audit(options: argparse.Namespace, checks: list[Check]) -> int:
    from tqdm import tqdm

    from masking.audit.accounting import other_trees_in
    from masking.audit.tree import audit_tree

    console, output_folder = Console.of(options), options.output_folder
    outcomes_file = output_folder / "outcomes.csv" if output_folder else None
    images = found = 0
    audited = audit_tree(options.input_folder, outcomes_file, checks)
    hidden = not checks or not console.shows_progress
    for path, faults in tqdm(audited, desc="Auditing", unit=" images", disable=hidden, leave=False):
        images += path != options.input_folder
        found += len(faults)
        for fault in faults:
            console.say(f"{printable(fault.path)}: {printable(fault.problem)}")
            console.result(path=str(fault.path), problem=fault.problem)
    records = "and their outcomes " if outcomes_file else ""
    for path in other_trees_in(output_folder, options.input_folder):
        console.say(f"{printable(path)} holds another tree's masks, and was not looked into: audit it by itself")
    console.say(f"{images} prepared images {records}checked, {found} faults found")
    return ExitCode.SOME_NOT_DONE if found else ExitCode.ALL_DONE
