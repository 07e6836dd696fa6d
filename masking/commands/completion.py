"""Print what completes the commands and their options in a shell: `eval "$(batch-process completion bash)"`."""

from __future__ import annotations

import argparse

from masking.core.errors import ExitCode, MissingPackageError
from masking.core.terminal import say

SUMMARY = "completion of commands and options in a shell"
SHELLS = ("bash", "zsh")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("shell", choices=SHELLS, help="the shell to complete in")


def run(options: argparse.Namespace) -> int:
    """Print the shell's script. Raises MissingPackageError."""
    from masking.commands.main import build_parser

    try:
        import shtab
    except ImportError as error:
        raise MissingPackageError("shtab", "Install it: pip install shtab") from error
    say(shtab.complete(build_parser("batch-process"), options.shell))
    return ExitCode.ALL_DONE
