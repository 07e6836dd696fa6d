"""The options that commands share, and the configuration that they and the INI give together."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from masking.core.config import Config

DEFAULT_CONFIG = "batch_process_config.ini"
OUTPUT_FOLDER = "output/{INPUT_NAME}"
"""Where outputs go if neither an INI nor the command line says."""
EXIT_CODES = """\
exit codes:
  0  everything is done               1  some came to nothing; outcomes.csv says why
  2  configuration or usage           3  a model file is missing or unusable
  4  OUTPUT_FOLDER can't be written   5  the Dask cluster can't be used
  6  another run works on these folders   130  interrupted
What to do about each is in docs/errors.md.
"""


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add --quiet, --verbose and --json: how much is said, and to whom."""
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="print nothing but errors")
    loudness.add_argument("--verbose", action="store_true", help="print each result as it comes, and every warning")
    parser.add_argument(
        "--json",
        action="store_true",
        dest="as_json",
        help="print one line of JSON a result on standard output, and everything else on standard error",
    )


def add_configuration_options(parser: argparse.ArgumentParser) -> None:
    """Add --config, --set and --workers."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"INI file (default: {DEFAULT_CONFIG} in the current folder, or else in the checkout; without one, "
        "the defaults hold)",
    )
    parser.add_argument(
        "--set",
        metavar="SECTION.KEY=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="overrides any key of the INI; may be given more than once",
    )
    parser.add_argument("--workers", metavar="N", help="overrides [RUN] WORKERS")


def add_preset_option(parser: argparse.ArgumentParser) -> None:
    """Add --preset."""
    parser.add_argument(
        "--preset", metavar="NAME", help="original: the original pipeline's files, names, folders, axes and colours"
    )


def add_tree_options(parser: argparse.ArgumentParser) -> None:
    """Add the two folders, and what of an earlier run holds."""
    parser.add_argument("--input-folder", metavar="DIR", help="overrides INPUT_FOLDER")
    parser.add_argument("--output-folder", metavar="DIR", help="overrides OUTPUT_FOLDER")
    add_rerun_options(parser)


def add_rerun_options(parser: argparse.ArgumentParser) -> None:
    """Add --force and --verify: what of an earlier run holds."""
    parser.add_argument("--force", action="store_true", help="do everything again, even what is done")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare the contents of what is done with the journal, not only sizes and times",
    )


def load_configuration(options: argparse.Namespace, *, needs_tree: bool = True) -> Config:
    """The INI with the command's overrides laid over it. Raises ConfigError with every fault in both."""
    from masking.core.config import load_config

    ini_file = options.config or _default_config()
    overrides = [
        (option, name, value)
        for option, name, value in (
            *(_defaults_without_ini(needs_tree) if ini_file is None else ()),
            ("--input-folder", "DEFAULT.INPUT_FOLDER", getattr(options, "input_folder", None)),
            ("--output-folder", "DEFAULT.OUTPUT_FOLDER", getattr(options, "output_folder", None)),
            ("--workers", "RUN.WORKERS", options.workers),
            ("--preset", "OUTPUT.PRESET", getattr(options, "preset", None)),
        )
        if value is not None
    ]
    for setting in options.settings:
        name, _, value = setting.partition("=")
        overrides.append(("--set", name, value))
    return load_config(ini_file, overrides, check_folders=needs_tree)


def _default_config() -> Path | None:
    """The INI of the working folder, else the one that stands beside batch_process.py in a checkout."""
    candidates = (Path(DEFAULT_CONFIG), Path(__file__).resolve().parents[2] / DEFAULT_CONFIG)
    return next((candidate for candidate in candidates if candidate.exists()), None)


def _defaults_without_ini(needs_tree: bool) -> list[tuple[str, str, str]]:
    folders = [("the default", "DEFAULT.OUTPUT_FOLDER", OUTPUT_FOLDER if needs_tree else "output")]
    return folders if needs_tree else [("the default", "DEFAULT.INPUT_FOLDER", "query"), *folders]
