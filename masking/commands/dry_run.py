"""Say what masking a tree would do: how many images, how long it takes, how much disk it needs. Nothing is written."""

from __future__ import annotations

import argparse

from masking.commands.console import Console, listen_to_log
from masking.commands.options import (
    add_configuration_options,
    add_output_options,
    add_preset_option,
    add_tree_options,
    load_configuration,
)
from masking.core.errors import ExitCode
from masking.core.printable import printable

SUMMARY = "what masking would do, how long it takes, how much disk it needs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_configuration_options(parser)
    add_preset_option(parser)
    add_tree_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """Say what a run would do."""
    console, config = Console.of(options), load_configuration(options)
    from masking.core.process import set_up_process
    from masking.masks.stage import MaskStage
    from masking.pipeline.dry_run import describe, dry_run
    from masking.pipeline.engines.interruption import ending_at_once

    stage = MaskStage()
    config = stage.settled(config)
    stage.check(config)
    set_up_process()
    listen_to_log(console)
    console.mention("Loading the models, and trying a few images ...")
    with ending_at_once():
        forecast = dry_run(stage, config, verify=options.verify, force=options.force)
    for line in describe(stage, config, forecast):
        console.say(printable(line))
    for line in stage.choices(config):
        console.say(f"Model:  {printable(line)}")
    for line in stage.warnings(config):
        console.say(f"Note:   {line}")
    for line in stage.stand_ins(config):
        console.say(printable(line))
    console.result(**forecast.facts(config))
    return ExitCode.ALL_DONE
