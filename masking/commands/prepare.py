"""Turn frames, videos and photos of people into the prepared images that masking takes: the face found and judged, cut
out loosely, and drawn by a seed into a query and a database tree.

  SOURCE/<identity>/<video>/<frame>.jpg    folders of frames, as YouTubeFaces'
  SOURCE/<identity>/<clip>.mp4             videos
  SOURCE/<identity>/<photo>.jpg            photos of one identity
  SOURCE/<photo>.jpg                       photos of an identity each
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from masking.commands.console import Console
from masking.commands.forecast import show_forecast
from masking.commands.options import (
    add_configuration_options,
    add_output_options,
    add_rerun_options,
    load_configuration,
)

if TYPE_CHECKING:
    from masking.pipeline.outcome import Outcome

SUMMARY = "frames, videos and photos -> a query and a database tree of prepared images"
EPILOG = """\
examples:
  %(prog)s videos study                                    one frame of each video for each tree
  %(prog)s videos study --set PREPARATION.QUERY_FRAMES=5   five for the query
  %(prog)s videos study --set PREPARATION.FPS=2            looks at two frames a second
  %(prog)s videos study --dry-run                          what is there, and what is to do

Then mask the trees: mask --input-folder study/query, and --input-folder study/database.
Every option of [PREPARATION] is in docs/ini.md; what becomes of a frame is in docs/preparation.md.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("input_folder", metavar="SOURCE", help="the folder of the identities")
    parser.add_argument("output_folder", metavar="TARGET", help="where query/, database/ and the records go")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; nothing is written")
    add_configuration_options(parser)
    add_rerun_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """Prepare a tree, or say what that would do."""
    console, config = Console.of(options), load_configuration(options)
    if options.dry_run:
        from masking.preparation.stage import FRAMES_TRIED, PrepareStage

        remark = f"Estimated from the first {FRAMES_TRIED} frames of each: longer videos take longer."
        tried = "the beginning of a few videos"
        return show_forecast(PrepareStage(), config, options, console, tried=tried, remark=remark)
    from masking.pipeline.run import Listener, RunOptions
    from masking.preparation.interface import run_preparation
    from masking.preparation.source import shown_path

    run_options = RunOptions(force=options.force, verify=options.verify, progress=console.shows_progress)

    def show(outcome: Outcome) -> None:
        console.outcome(outcome, shown_path(outcome))

    listener = Listener(say=console.mention, remark=console.say, outcome=show)
    return run_preparation(config, run_options, listener).exit_code
