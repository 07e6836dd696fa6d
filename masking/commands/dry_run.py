"""Say what masking a tree would do: how many images, how long it takes, how much disk it needs. Nothing is written."""

from __future__ import annotations

import argparse

from masking.commands.console import Console
from masking.commands.forecast import show_forecast
from masking.commands.options import (
    add_configuration_options,
    add_output_options,
    add_preset_option,
    add_tree_options,
    load_configuration,
)

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
    from masking.masks.stage import MaskStage

    return show_forecast(MaskStage(), config, options, console, tried="a few images")
