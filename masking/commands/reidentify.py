"""Ask whether the people of QUERY can still be recognised among those of DATABASE: every kind of image against every
other, attacks that know the method, each figure with its chance level and a 95% interval.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from masking.commands.console import Console, listen_to_log
from masking.commands.options import (
    add_configuration_options,
    add_output_options,
    add_rerun_options,
    load_configuration,
)
from masking.core.errors import ExitCode
from masking.core.printable import printable_lines

SUMMARY = "masked query and database -> how many are still recognised"
EPILOG = """\
QUERY and DATABASE are masked trees, or the OUTPUT_FOLDERs of the runs that masked them.

examples:
  %(prog)s output/query output/database
  %(prog)s output/query output/database --cross-mask output/query_ringnet
  %(prog)s output/query output/database --set REIDENTIFICATION.ALIGNMENT=image
"""
OUTPUT_FOLDER = "output/reidentification"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("query", metavar="QUERY", type=Path, help="the masked query tree, or its run's OUTPUT_FOLDER")
    parser.add_argument("database", metavar="DATABASE", type=Path, help="the same of the database")
    parser.add_argument(
        "--cross-mask",
        metavar="OUTPUT_FOLDER",
        type=Path,
        help="another run over the query tree by another reconstructor: its masks are searched for too",
    )
    parser.add_argument(
        "--output-folder", metavar="DIR", type=Path, default=Path(OUTPUT_FOLDER), help=f"default: {OUTPUT_FOLDER}"
    )
    add_configuration_options(parser)
    add_rerun_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, print the table and write the results."""
    console = Console.of(options)
    options.input_folder = str(options.query)
    options.output_folder = str(options.output_folder)
    config = load_configuration(options, needs_tree=False)
    from masking.core.process import set_up_process

    set_up_process()
    from masking.pipeline.output_folder import make_output_folder
    from masking.pipeline.run import Listener, RunOptions
    from masking.reidentification.results import facts, write_results
    from masking.reidentification.run import Trees, compare_trees
    from masking.reidentification.table import table_text

    listen_to_log(console)
    run_options = RunOptions(force=options.force, verify=options.verify, progress=console.shows_progress)
    listener = Listener(say=console.mention, remark=console.mention, outcome=console.outcome)
    folders = Trees(options.query, options.database, options.cross_mask)
    result = compare_trees(folders, config, run_options, listener)
    make_output_folder(config.folders.output_folder)
    written = write_results(result)
    console.say(table_text(result))
    console.say("")
    for line in written:
        console.say(printable_lines(line))
    console.result(**facts(result))
    return ExitCode.ALL_DONE
