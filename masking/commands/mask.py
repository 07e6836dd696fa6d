"""Turn the prepared face crops of INPUT_FOLDER/<identity>/<video>/*_prep.png into digital masks: a grey
rendering of the 3D face, cut along the hull of 81 landmarks. Where in doubt it writes no mask and says why.
"""

from __future__ import annotations

import argparse
from pathlib import Path

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

SUMMARY = "prepared images -> digital masks beside them"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_configuration_options(parser)
    add_preset_option(parser)
    add_tree_options(parser)
    add_output_options(parser)
    add_image_option(parser)


def add_image_option(parser: argparse._ActionsContainer) -> None:
    """Add --image."""
    parser.add_argument(
        "--image",
        metavar="FILE",
        type=Path,
        help="mask this one loose crop, wherever it is, and write everything into OUTPUT_FOLDER",
    )


def run(options: argparse.Namespace) -> int:
    """Mask a tree, or one loose image."""
    console = Console.of(options)
    if options.image:
        return _mask_one(options, console)
    config = load_configuration(options)
    from masking.masks.stage import MaskStage
    from masking.pipeline.run import Listener, RunOptions, run_stage

    run_options = RunOptions(force=options.force, verify=options.verify, progress=console.shows_progress)
    listener = Listener(say=console.mention, remark=console.say, outcome=console.outcome)
    return run_stage(MaskStage(), config, run_options, listener).exit_code


def _mask_one(options: argparse.Namespace, console: Console) -> int:
    config = load_configuration(options, needs_tree=False)
    from masking.core.process import set_up_process
    from masking.masks.loose_image import check_file, mask_loose_image

    check_file(options.image)
    set_up_process()
    from batch_helper import ImageMasker
    from masking.masks.details import details_of
    from masking.masks.exporter import warnings_for
    from masking.masks.stand_ins import stand_ins

    listen_to_log(console)
    outcome, written = mask_loose_image(config, ImageMasker(config), options.image)
    console.outcome(outcome)
    console.say(
        f"{printable(options.image)}: {outcome.status}{': ' if outcome.reason else ''}{printable(outcome.reason)}"
    )
    if others := details_of(outcome).other_faces:
        console.say(f"  {others} other face(s) can still be seen: SEVERAL_FACES = largest")
    for line in (*written, *warnings_for(config.output), *stand_ins(config)):
        console.say(f"  {printable(line)}")
    return ExitCode.SOME_NOT_DONE if outcome.reason else ExitCode.ALL_DONE
