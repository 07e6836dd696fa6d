"""Write the INI, with every option explained, into the current folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from masking.commands.console import Console
from masking.commands.options import DEFAULT_CONFIG, add_output_options
from masking.core.errors import ExitCode
from masking.core.printable import printable

SUMMARY = f"{DEFAULT_CONFIG}, with every option explained, into the current folder"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """Write the INI. Raises ConfigError where it is there already, or can't be written."""
    from masking.core.config.template import write_ini

    path, console = Path(DEFAULT_CONFIG), Console.of(options)
    write_ini(path)
    console.say(
        f"{printable(path.absolute())}: name your photos' folder in it as INPUT_FOLDER, and look through the options"
    )
    console.result(written=str(path.absolute()))
    return ExitCode.ALL_DONE
