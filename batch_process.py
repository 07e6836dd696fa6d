"""The command of the mask stage: options -> run -> exit code. `batch_process.py COMMAND` runs any other command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from masking import __version__
from masking.commands import COMMANDS, doctor, mask
from masking.commands.main import build_parser as build_parser_of_all
from masking.commands.main import guarded
from masking.commands.options import (
    DEFAULT_CONFIG,
    EXIT_CODES,
    add_configuration_options,
    add_output_options,
    add_preset_option,
    add_tree_options,
)

EPILOG = f"""\
examples:
  %(prog)s                                       mask the tree that the INI names
  %(prog)s --input-folder data/database          the same settings, another tree
  %(prog)s --image photo.jpg                     one photo; everything goes into OUTPUT_FOLDER
  %(prog)s --set RENDERING.MIN_COVERAGE=0.95     change one setting for this run
  %(prog)s --workers 8                           eight processes side by side
  %(prog)s --dry-run                             what would be done, and how long it would take
  %(prog)s --pairs output/query output/database  who has a mask in both
  %(prog)s COMMAND --help                        {", ".join(COMMANDS)}

A second run does only what is new, changed or has failed, and goes on where an interrupted one stopped.

{EXIT_CODES}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and arguments[0] in COMMANDS:
        return guarded(build_parser_of_all(_name_of_the_command()), arguments)
    return guarded(build_parser(), arguments)


def build_parser() -> argparse.ArgumentParser:
    """The options of the mask stage, and flags for what other commands do beside it."""
    parser = argparse.ArgumentParser(
        prog=_name_of_the_command(),
        description=mask.__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_configuration_options(parser)
    add_preset_option(parser)
    add_tree_options(parser)
    instead = parser.add_mutually_exclusive_group()
    mask.add_image_option(instead)
    instead.add_argument(
        "--dry-run", action="store_true", help="say what would be done, how long it takes and how much disk it needs"
    )
    instead.add_argument(
        "--doctor", action="store_true", help="say which model files are there and whether a run could start"
    )
    doctor.add_convert_option(parser)
    instead.add_argument(
        "--pairs",
        metavar=("QUERY", "DATABASE"),
        nargs=2,
        type=Path,
        help="given two runs' OUTPUT_FOLDERs, list the identities that have a mask in both; writes QUERY/pairs.csv",
    )
    instead.add_argument(
        "--write-config",
        action="store_true",
        help=f"write {DEFAULT_CONFIG}, with every option explained, into the current folder",
    )
    add_output_options(parser)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(run=lambda options: _run(parser, options))
    return parser


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    command = next((name for name in ("dry_run", "doctor", "pairs", "write_config") if getattr(options, name)), "mask")
    if options.pairs:
        options.query, options.database = options.pairs
    rerun = [flag for flag in ("force", "verify") if getattr(options, flag)]
    if rerun and (command not in ("mask", "dry_run") or options.image):
        other = "--image" if options.image else f"--{command.replace('_', '-')}"
        parser.error(f"argument --{rerun[0]}: not allowed with argument {other}")
    if options.convert and command != "doctor":
        parser.error("argument --convert: only allowed with argument --doctor")
    return int(import_module(f"masking.commands.{command}").run(options))


def _name_of_the_command() -> str:
    """As it was called: the script of a checkout, or the command of an installed package."""
    called = Path(sys.argv[0]).stem
    return "batch-process" if called == "batch-process" else "batch_process.py"


if __name__ == "__main__":
    sys.exit(main())
