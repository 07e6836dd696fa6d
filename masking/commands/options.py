"""The command's options, and the configuration that they and the INI give together."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from masking import __version__

if TYPE_CHECKING:
    from masking.core.config import Config

DEFAULT_CONFIG = "batch_process_config.ini"
OUTPUT_FOLDER = "output/{INPUT_NAME}"
"""Where outputs go if neither an INI nor the command line says."""
DESCRIPTION = """\
Turn the prepared face crops of INPUT_FOLDER/<identity>/<video>/*_prep.png into digital masks: a grey
rendering of the 3D face, cut along the hull of 81 landmarks. Where in doubt it writes no mask and says why.
"""
EPILOG = """\
examples:
  %(prog)s                                       mask the tree that the INI names
  %(prog)s --input-folder data/database          the same settings, another tree
  %(prog)s --image photo.jpg                     one photo; everything goes into OUTPUT_FOLDER
  %(prog)s --set RENDERING.MIN_COVERAGE=0.95     change one setting for this run
  %(prog)s --workers 8                           eight processes side by side
  %(prog)s --dry-run                             what would be done, and how long it would take
  %(prog)s --pairs output/query output/database  who has a mask in both

A second run does only what is new, changed or has failed, and goes on where an interrupted one stopped.

exit codes:
  0  every image masked               1  some images got no mask; outcomes.csv says why
  2  configuration or usage           3  a model file is missing or unusable
  4  OUTPUT_FOLDER can't be written   5  the Dask cluster can't be used
  6  another run works on these folders   130  interrupted
What to do about each is in docs/errors.md.
"""


def build_parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog=_name_of_the_command(),
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"INI file (default: {DEFAULT_CONFIG} in the current folder, or else in the checkout; without one, "
        "the defaults hold)",
    )
    parser.add_argument(
        "--write-config",
        action="store_true",
        help=f"write {DEFAULT_CONFIG}, with every option explained, into the current folder",
    )
    parser.add_argument("--input-folder", metavar="DIR", help="overrides INPUT_FOLDER")
    parser.add_argument("--output-folder", metavar="DIR", help="overrides OUTPUT_FOLDER")
    parser.add_argument("--workers", metavar="N", help="overrides [RUN] WORKERS")
    parser.add_argument(
        "--set",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="overrides any key of the INI; may be given more than once",
    )
    parser.add_argument("--force", action="store_true", help="mask every image again, also those that are done")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare the contents of finished images and their outputs with the journal, not only sizes and times",
    )
    parser.add_argument(
        "--image",
        metavar="FILE",
        type=Path,
        help="mask this one loose crop, wherever it lies, and write everything into OUTPUT_FOLDER",
    )
    parser.add_argument(
        "--doctor", action="store_true", help="say which model files are there and whether a run could start"
    )
    parser.add_argument(
        "--convert",
        action="store_true",
        help="with --doctor: convert RingNet's checkpoint for LiteRT now, which the first run would do otherwise",
    )
    parser.add_argument(
        "--pairs",
        metavar=("QUERY", "DATABASE"),
        nargs=2,
        type=Path,
        help="given two runs' OUTPUT_FOLDERs, list the identities that have a mask in both; writes QUERY/pairs.csv",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, how long it takes and how much disk it needs"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def load_configuration(options: argparse.Namespace) -> Config:
    """The INI with the command's overrides laid over it. Raises ConfigError with every fault in both."""
    from masking.core.config import load_config

    ini_file, needs_tree = options.config or _default_config(), not (options.doctor or options.image)
    overrides = [
        (option, name, value)
        for option, name, value in (
            *(_defaults_without_ini(needs_tree) if ini_file is None else ()),
            ("--input-folder", "DEFAULT.INPUT_FOLDER", options.input_folder),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", options.output_folder),
            ("--workers", "RUN.WORKERS", options.workers),
        )
        if value is not None
    ]
    for setting in options.settings:
        name, _, value = setting.partition("=")
        overrides.append(("--set", name, value))
    return load_config(ini_file, overrides, check_folders=needs_tree)


def _name_of_the_command() -> str:
    """As it was called: the script of a checkout, or the command of an installed package."""
    called = Path(sys.argv[0]).stem
    return "batch-process" if called == "batch-process" else "batch_process.py"


def _default_config() -> Path | None:
    """The INI of the working folder, else the one that stands beside batch_process.py in a checkout."""
    candidates = (Path(DEFAULT_CONFIG), Path(__file__).resolve().parents[2] / DEFAULT_CONFIG)
    return next((candidate for candidate in candidates if candidate.exists()), None)


def _defaults_without_ini(needs_tree: bool) -> list[tuple[str, str, str]]:
    folders = [("the default", "DEFAULT.OUTPUT_FOLDER", OUTPUT_FOLDER if needs_tree else "output")]
    return folders if needs_tree else [("the default", "DEFAULT.INPUT_FOLDER", "query"), *folders]
