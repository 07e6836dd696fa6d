"""The command's options, and the configuration that they and the INI give together."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from masking import __version__

if TYPE_CHECKING:
    from masking.config import Config

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
DEFAULT_CONFIG = "batch_process_config.ini"
DESCRIPTION = """\
Turn the prepared face crops of INPUT_FOLDER/<identity>/<video>/*_prep.png into digital masks: a grey
rendering of the 3D face, cut along the hull of 81 landmarks. Where in doubt it writes no mask and says why.
"""
EPILOG = """\
examples:
  batch_process.py                                       mask the tree that the INI names
  batch_process.py --input-folder data/database          the same settings, another tree
  batch_process.py --set RENDERING.MIN_COVERAGE=0.95     change one setting for this run
  batch_process.py --workers 8                           eight processes side by side
  batch_process.py --dry-run                             what would be done, and how long it would take
  batch_process.py --pairs output/query output/database  who has a mask in both

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
        prog="batch_process.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help=f"INI file (default: {DEFAULT_CONFIG})")
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
    from masking.config import load_config

    overrides = [
        (option, name, value)
        for option, name, value in (
            ("--input-folder", "DEFAULT.INPUT_FOLDER", options.input_folder),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", options.output_folder),
            ("--workers", "RUN.WORKERS", options.workers),
        )
        if value is not None
    ]
    for setting in options.settings:
        name, _, value = setting.partition("=")
        overrides.append(("--set", name, value))
    needs_tree = not (options.doctor or options.image)
    return load_config(options.config or _default_config(), overrides, check_folders=needs_tree)


def _default_config() -> Path:
    """The INI of the working folder, else the one that stands beside batch_process.py."""
    here = Path(DEFAULT_CONFIG)
    return here if here.exists() else PROJECT_FOLDER / DEFAULT_CONFIG
