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
from masking.commands.options import DEFAULT_CONFIG, build_parser, load_configuration
from masking.core.errors import ConfigError, EmptyTreeError, ExitCode, MaskingError
from masking.core.printable import printable
from masking.core.safe_files import occupy_standard_streams
from masking.core.terminal import say

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.pipeline.engines import Engine
    from masking.pipeline.lock import WorkPermit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    occupy_standard_streams()
    options = build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal can't show must not end a run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _do(options)
    except MaskingError as error:
        for line in error.problems if isinstance(error, ConfigError) else [str(error)]:
            _complain(f"error: {printable(line)}")
        return error.exit_code
    except OSError as error:
        # Descriptors, memory or the disk gave out in the middle of something that has no error of its own.
        _complain(f"error: the system refused: {printable(error)}. Mend that, and run again: it goes on from here")
        return ExitCode.OUTPUT_FOLDER
    except KeyboardInterrupt:
        _complain("interrupted")
        return ExitCode.INTERRUPTED


def _complain(line: str) -> None:
    say(line, on_error_output=True)


def _do(options: argparse.Namespace) -> int:
    if options.pairs:
        return _pair(*options.pairs)
    if options.write_config:
        return _write_config()
    config = load_configuration(options)
    if options.convert and not options.doctor:
        raise ConfigError(["--convert is part of --doctor: --doctor --convert"])
    if options.doctor:
        return _doctor(config, convert=options.convert)
    if options.image:
        return _mask_one(config, options.image)
    if options.dry_run:
        return _dry_run(config, options)
    return _run(config, options)


def _write_config() -> int:
    from masking.core.config.template import write_ini

    path = Path(DEFAULT_CONFIG)
    write_ini(path)
    say(f"{printable(path.absolute())}: name your photos' folder in it as INPUT_FOLDER, and look through the options")
    return ExitCode.ALL_MASKED


def _doctor(config: Config, *, convert: bool) -> int:
    from masking.commands.doctor import convert_ahead, describe, describe_runtime, model_files
    from masking.reconstruction import choose_reconstructor

    say("Files of your own")
    for file in model_files(config):
        for line in describe(file):
            say(f"  {printable(line)}")
    say("A run would use")
    say(f"  {printable(', because '.join(choose_reconstructor(config.reconstruction)))}")
    try:
        from batch_helper import ImageMasker
        from masking.reconstruction.ringnet.kept_files import keeping_nothing

        for line in (*(convert_ahead(config) if convert else ()), *describe_runtime(config)):
            say(f"  {printable(line)}")
        with keeping_nothing():
            models = ImageMasker(config).models
        for part, description in models.items():
            say(f"  {part}: {printable(description)}")
    except MaskingError as error:
        say(f"It can't start: {printable(error)}")
        return error.exit_code
    say("It can start.")
    return ExitCode.ALL_MASKED


def _mask_one(config: Config, path: Path) -> int:
    from masking.core.process import set_up_process

    set_up_process()
    from batch_helper import ImageMasker
    from masking.dataset.loose_image import mask_loose_image
    from masking.masks.exporter import warnings_for
    from masking.pipeline.run_log import print_log_plainly

    print_log_plainly()
    outcome, written = mask_loose_image(config, ImageMasker(config), path)
    say(f"{printable(path)}: {outcome.status}{': ' if outcome.reason else ''}{printable(outcome.reason)}")
    if outcome.other_faces:
        say(f"  {outcome.other_faces} other face(s) can still be seen: SEVERAL_FACES = largest")
    for line in (*written, *warnings_for(config.output)):
        say(f"  {printable(line)}")
    return ExitCode.SOME_NOT_MASKED if outcome.reason else ExitCode.ALL_MASKED


def _pair(query: Path, database: Path) -> int:
    from masking.report.pairs import pair, pairs_text, write_pairs

    identities, written = pair(query, database), query / "pairs.csv"
    write_pairs(written, identities)
    say(pairs_text(identities, written))
    if not any(identity.is_pair for identity in identities):
        raise EmptyTreeError("no identity has a mask in both, so nothing can be compared")
    return ExitCode.ALL_MASKED


def _dry_run(config: Config, options: argparse.Namespace) -> int:
    from masking.core.process import set_up_process
    from masking.dataset.layout import check_layout

    check_layout(config.folders.input_folder)
    set_up_process()
    from batch_helper import ImageMasker
    from masking.pipeline.dry_run import dry_run
    from masking.pipeline.engines.interruption import ending_at_once
    from masking.pipeline.run_log import print_log_plainly
    from masking.reconstruction import choose_reconstructor

    print_log_plainly()
    say("Loading the models, and trying a few images ...", on_error_output=True)
    with ending_at_once():
        for line in dry_run(config, ImageMasker, verify=options.verify, force=options.force):
            say(printable(line))
    name, why = choose_reconstructor(config.reconstruction)
    say(f"Model:  {name} ({printable(why)})")
    return ExitCode.ALL_MASKED


def _run(config: Config, options: argparse.Namespace) -> int:
    from masking.core.process import set_up_process
    from masking.dataset.layout import check_layout

    try:
        check_layout(config.folders.input_folder)
    except EmptyTreeError:
        from masking.masks.photos_left import remove_photos_of_empty_tree

        remove_photos_of_empty_tree(config)
        raise
    set_up_process()
    from batch_helper import ImageMasker
    from masking.dataset.output_folder import claim_output_folder, make_output_folder
    from masking.masks.exporter import warnings_for
    from masking.pipeline.engines import open_engine
    from masking.pipeline.lock import run_lock
    from masking.pipeline.run_log import run_log
    from masking.reconstruction import choose_reconstructor

    folders = config.folders
    make_output_folder(folders.output_folder)
    with run_lock(folders.input_folder, folders.output_folder) as permit:
        claim_output_folder(folders.output_folder, folders.input_folder)
        say("Loading the models; compiling the renderer takes some seconds the first time ...", on_error_output=True)
        with run_log(folders.output_folder) as log:
            log.info("batch_process %s, configuration %s", __version__, config.model_dump_json())
            _say(log, f"Input:         {printable(folders.input_folder)}")
            _say(log, f"Output:        {printable(folders.output_folder)}, and beside each image")
            with open_engine(config, ImageMasker) as engine:
                for part, description in engine.models.descriptions.items():
                    _say(log, f"{part.capitalize() + ':':<15}{printable(description)}")
                    if part == "reconstructor":
                        _say(log, f"{'':<15}({printable(choose_reconstructor(config.reconstruction)[1])})")
                _say(log, f"Workers:       {engine.description}")
                for warning in warnings_for(config.output):
                    _say(log, f"Note:          {warning}")
                return _mask_tree(config, engine, permit, options, log)


def _mask_tree(
    config: Config, engine: Engine, permit: WorkPermit, options: argparse.Namespace, log: logging.Logger
) -> int:
    from masking.core.fingerprints import recipe_for
    from masking.dataset import OutputPublisher, walk
    from masking.dataset.layout import explain_layout
    from masking.masks.photos_left import remove_photos_left
    from masking.pipeline.engines.interruption import Interruption
    from masking.pipeline.journal import Journal
    from masking.pipeline.resume import EarlierOutcomes
    from masking.report import Progress, RunRecords, Tally, Workshop

    tally, interruption = Tally(), Interruption()
    started = time.perf_counter()
    folders, recipe = config.folders, recipe_for(config, engine.models.fingerprint)
    workshop = Workshop(engine.models.descriptions, engine.models.fingerprint, engine.description)
    with (
        interruption.listening(),
        Journal(folders.output_folder, recipe) as journal,
        RunRecords(config, workshop) as records,
    ):
        for line in journal.news():
            _say(log, line)
        earlier = EarlierOutcomes(
            journal,
            recipe,
            folders.output_folder,
            verify=options.verify,
            force=options.force,
            options=config.output,
            publisher=OutputPublisher(folders.output_folder),
        )
        items = earlier.sort_out(walk(folders.input_folder))
        with Progress(folders.input_folder) as progress:
            for outcome in engine.run(items, permit, interruption, on_done=journal.write):
                records.add(outcome)
                tally.add(outcome)
                progress.show(tally)
                if outcome.reason and not outcome.recorded:
                    log.warning("%s: %s: %s", outcome.place, outcome.status, outcome.reason)
        seconds = time.perf_counter() - started
        say("Writing the report ...", on_error_output=True)
        written = records.finish(interruption.requested) if tally.total else []
        removed = remove_photos_left(config, earlier.face_showing_left)
    if tally.total == 0 and not interruption.requested:
        raise EmptyTreeError(explain_layout(folders.input_folder))
    _say(log, "\n".join([tally.text(seconds, interruption.requested), *map(printable, written)]))
    if earlier.vanished:
        _say(log, f"{earlier.vanished} masked images are no longer in the input folder; their outputs were left alone")
    for line in removed:
        _say(log, line)
    return ExitCode.INTERRUPTED if interruption.requested else tally.exit_code


def _say(log: logging.Logger, text: str) -> None:
    say(text)
    for line in text.splitlines():
        log.info("%s", line)


if __name__ == "__main__":
    sys.exit(main())
