"""Say which model files are there, what each enables, why one can't be used and where the missing ones come from; and
whether a run could start.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from masking.commands.console import Console
from masking.commands.options import add_configuration_options, add_output_options, load_configuration
from masking.core.diagnosis import left_alone, look_for
from masking.core.errors import ExitCode, MaskingError
from masking.core.keeping import keeping_nothing
from masking.core.printable import printable
from masking.core.registry import ModelFile, registry_at

if TYPE_CHECKING:
    from masking.core.config import Config

SUMMARY = "which model files are there, and whether a run could start"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_configuration_options(parser)
    add_convert_option(parser)
    add_output_options(parser)


def add_convert_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets the doctor do what a first start would do."""
    parser.add_argument(
        "--convert",
        action="store_true",
        help="convert RingNet's checkpoint for LiteRT now, where a run would use it, and not at its first start",
    )


def run(options: argparse.Namespace) -> int:
    """Look for each model file, and load the models that a run would use."""
    console, config = Console.of(options), load_configuration(options, needs_tree=False)
    from masking.masks.stage import MaskStage

    console.say("Your own files")
    findings = []
    for file in model_files(config):
        findings.append(look_for(file))
        console.result(**findings[-1].facts)
        for line in findings[-1].lines:
            console.say(f"  {printable(line)}")
    for line in left_alone(findings):
        console.say(f"  {printable(line)}")
    console.say("A run would use")
    stage = MaskStage()
    for line in stage.choices(config):
        console.say(f"  {printable(line)}")
    try:
        for line in state_of_reconstructor(config, make_ahead=options.convert):
            console.say(f"  {printable(line)}")
        with keeping_nothing():
            models = stage.load(config).models
        for part, description in models.items():
            console.say(f"  {part}: {printable(description)}")
    except MaskingError as error:
        console.say(f"It can't start: {printable(error)}")
        return error.exit_code
    console.say("It can start.")
    return ExitCode.ALL_DONE


def state_of_reconstructor(config: Config, *, make_ahead: bool) -> Iterator[str]:
    """Lines that say what the reconstructor would run on, having made ahead of time what its first start makes.

    Raises MaskingError where it can't run.
    """
    from masking.reconstruction.registry import RECONSTRUCTORS

    entry, _ = RECONSTRUCTORS.choose(config.reconstruction.reconstructor, config)
    if make_ahead:
        yield from entry.make_ahead(config)
    yield from entry.state(config)


def model_files(config: Config) -> Iterator[ModelFile]:
    """Every file that a user may put in place, wherever `config` looks for it."""
    from masking.core.config.options import REGISTRIES

    for location in REGISTRIES:
        for entry in registry_at(location):
            yield from entry.files(config)
