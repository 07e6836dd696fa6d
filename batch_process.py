"""The command: options -> plan -> run -> summary, exit code."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from masking import __version__
from masking.errors import ConfigError, EmptyTreeError, ExitCode, MaskingError

if TYPE_CHECKING:
    from masking.config import Config
    from masking.dataset.lock import WorkPermit
    from masking.engines import Engine

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
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal can't show must not end a run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        config = _load_config(options)
        if options.doctor:
            return _doctor(config)
        if options.image:
            return _mask_one(config, options.image)
        if options.dry_run:
            return _dry_run(config)
        return _run(config, options)
    except MaskingError as error:
        for line in error.problems if isinstance(error, ConfigError) else [str(error)]:
            print(f"error: {line}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED


def _load_config(options: argparse.Namespace) -> Config:
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
    """The INI of the working folder, else the one that stands beside this script."""
    here = Path(DEFAULT_CONFIG)
    return here if here.exists() else Path(__file__).resolve().parent / DEFAULT_CONFIG


def _doctor(config: Config) -> int:
    from masking.doctor import describe, model_files
    from masking.reconstruction import choose_reconstructor

    print("Files of your own")
    for file in model_files(config):
        for line in describe(file):
            print(f"  {line}")
    print("A run would use")
    print(f"  reconstructor: {' because '.join(choose_reconstructor(config.reconstruction))}", flush=True)
    try:
        from batch_helper import ImageMasker

        for part, description in ImageMasker(config).models.items():
            print(f"  {part}: {description}")
    except MaskingError as error:
        print(f"It can't start: {error}")
        return error.exit_code
    print("It can start.")
    return ExitCode.ALL_MASKED


def _mask_one(config: Config, path: Path) -> int:
    from masking.runtime import use_one_thread

    use_one_thread()
    from batch_helper import ImageMasker
    from masking.dataset import PreparedImage
    from masking.dataset.outputs import output_paths
    from masking.exporting import warnings_for

    masker, image = ImageMasker(config), PreparedImage(identity="", video="", path=path)
    outcome = masker.mask(image)
    print(f"{path}: {outcome.status}{': ' if outcome.reason else ''}{outcome.reason}")
    for written in output_paths(str(config.folders.output_folder), image, outcome.outputs):
        print(f"  {written}")
    for warning in warnings_for(config.output):
        print(f"  {warning}")
    return ExitCode.SOME_NOT_MASKED if outcome.reason else ExitCode.ALL_MASKED


def _dry_run(config: Config) -> int:
    from masking.dataset import RefusedEntry, walk
    from masking.reconstruction import choose_reconstructor

    identities, videos, images, refused = set(), set(), 0, 0
    for entry in walk(config.folders.input_folder):
        if isinstance(entry, RefusedEntry):
            refused += 1
            print(f"would refuse {entry.relative_path}: {entry.reason}")
        else:
            images += 1
            identities.add(entry.identity)
            videos.add((entry.identity, entry.video))
    name, why = choose_reconstructor(config.reconstruction)
    print(f"Input:  {config.folders.input_folder}")
    print(f"        {len(identities)} identities, {len(videos)} videos, {images} prepared images, {refused} refused")
    print(f"Output: {config.folders.output_folder}, and beside each image")
    print(f"Model:  {name} ({why})")
    if images + refused == 0:
        raise EmptyTreeError(_empty_tree_message(config))
    return ExitCode.ALL_MASKED


def _run(config: Config, options: argparse.Namespace) -> int:
    from masking.runtime import use_one_thread

    use_one_thread()
    from batch_helper import ImageMasker
    from masking.dataset.lock import run_lock
    from masking.dataset.output_folder import claim_output_folder
    from masking.engines import open_engine
    from masking.exporting import warnings_for
    from masking.reconstruction import choose_reconstructor
    from masking.report.run_log import run_log

    folders = config.folders
    claim_output_folder(folders.output_folder, folders.input_folder)
    print(
        "Loading the models; compiling the renderer takes some seconds the first time ...", file=sys.stderr, flush=True
    )
    with run_lock(folders.input_folder, folders.output_folder) as permit, run_log(folders.output_folder) as log:
        log.info("batch_process %s, configuration %s", __version__, config.model_dump_json())
        _say(log, f"Input:         {folders.input_folder}")
        _say(log, f"Output:        {folders.output_folder}, and beside each image")
        with open_engine(config, ImageMasker) as engine:
            for part, description in engine.models.descriptions.items():
                _say(log, f"{part.capitalize() + ':':<15}{description}")
            _say(log, f"{'':<15}({choose_reconstructor(config.reconstruction)[1]})")
            _say(log, f"Workers:       {engine.description}")
            for warning in warnings_for(config.output):
                _say(log, f"Note:          {warning}")
            return _mask_tree(config, engine, permit, options, log)


def _mask_tree(
    config: Config, engine: Engine, permit: WorkPermit, options: argparse.Namespace, log: logging.Logger
) -> int:
    from masking.dataset import walk
    from masking.dataset.journal import Journal
    from masking.dataset.resume import EarlierOutcomes
    from masking.engines.interruption import Interruption
    from masking.fingerprint import Recipe, settings_fingerprint
    from masking.report import Progress, RunRecords, Tally, Workshop

    tally, interruption = Tally(), Interruption()
    started = time.perf_counter()
    folders, recipe = config.folders, Recipe(settings_fingerprint(config), engine.models.fingerprint)
    workshop = Workshop(engine.models.descriptions, engine.models.fingerprint, engine.description)
    with (
        interruption.listening(),
        Journal(folders.output_folder, recipe) as journal,
        RunRecords(config, workshop) as records,
        Progress(folders.input_folder) as progress,
    ):
        if journal.put_aside:
            log.warning("The journal was unusable (%s); it is kept as journal.old", journal.put_aside)
        earlier = EarlierOutcomes(journal, recipe, folders.output_folder, verify=options.verify, force=options.force)
        for outcome in engine.run(
            earlier.sort_out(walk(folders.input_folder)), permit, interruption, on_done=journal.write
        ):
            records.add(outcome)
            tally.add(outcome)
            progress.show(tally)
            if outcome.reason and not outcome.recorded:
                log.warning("%s: %s: %s", outcome.place, outcome.status, outcome.reason)
        seconds = time.perf_counter() - started
        written = records.finish(interruption.requested) if tally.total else []
    if tally.total == 0 and not interruption.requested:
        raise EmptyTreeError(_empty_tree_message(config))
    _say(log, "\n".join([tally.text(seconds, interruption.requested), *written]))
    if earlier.vanished:
        _say(log, f"{earlier.vanished} masked images are no longer in the input folder; their outputs were left alone")
    return ExitCode.INTERRUPTED if interruption.requested else tally.exit_code


def _say(log: logging.Logger, text: str) -> None:
    print(text, flush=True)
    for line in text.splitlines():
        log.info("%s", line)


def _empty_tree_message(config: Config) -> str:
    folder = config.folders.input_folder
    found = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))[:5]
    holds = f"it holds {', '.join(found)}" if found else "it is empty"
    return (
        f"INPUT_FOLDER {folder} holds no prepared image: {holds}. Expected files whose names end in _prep.png (or "
        ".jpg) in INPUT_FOLDER/<identity>/<video>/"
    )


if __name__ == "__main__":
    sys.exit(main())
