"""`python -m masking COMMAND` and `batch-process COMMAND`: parse, run, and tell the shell how it went."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from masking import __version__
from masking.commands import COMMANDS
from masking.commands.options import EXIT_CODES
from masking.core.errors import ConfigError, ExitCode, MaskingError
from masking.core.printable import printable
from masking.core.safe_files import occupy_standard_streams
from masking.core.terminal import say

Run = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name and return its exit code."""
    return guarded(build_parser(), arguments)


def build_parser(prog: str = "python -m masking") -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="From photos of people to the answer whether they can still be recognised behind a digital mask.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, module_name in COMMANDS.items():
        module = import_module(module_name)
        added = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=module.__doc__,
            epilog=getattr(module, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_options(added)
        added.set_defaults(run=module.run)
    return parser


def guarded(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Parse and run; every error becomes a line on standard error and an exit code. `run` is one of the options."""
    occupy_standard_streams()
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal can't show must not end a run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(options.run(options))
    except MaskingError as error:
        for line in error.problems if isinstance(error, ConfigError) else [str(error)]:
            _complain(f"error: {printable(line)}")
        return error.exit_code
    except OSError as error:
        # Descriptors, memory or the disk ran out in the middle of something that has no error of its own.
        _complain(f"error: the system refused: {printable(error)}. Fix that, and run again: it continues from here")
        return ExitCode.OUTPUT_FOLDER
    except KeyboardInterrupt:
        _complain("interrupted")
        return ExitCode.INTERRUPTED


def _complain(line: str) -> None:
    say(line, on_error_output=True)
