"""Say which model files are there, what each enables and where the missing ones come from; and whether a run could
start.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from masking.commands.console import Console
from masking.commands.options import add_configuration_options, add_output_options, load_configuration
from masking.core.errors import ExitCode, MaskingError, MissingModelFileError, ModelFileError
from masking.core.finding import FoundFile, survey
from masking.core.keeping import keeping_nothing
from masking.core.packed_files import PackedFileError
from masking.core.printable import printable
from masking.core.registry import ModelFile, registry_at

if TYPE_CHECKING:
    from masking.core.config import Config

MAX_BYTES = 1 << 31
MOST_LEFT_ALONE = 20
SUMMARY = "which model files are there, and whether a run could start"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_configuration_options(parser)
    add_convert_option(parser)
    add_output_options(parser)


def add_convert_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets the doctor do what a first start would do."""
    parser.add_argument(
        "--convert",
        action="store_true",
        help="convert RingNet's checkpoint for LiteRT now, where a run would use it, and not at its first start",
    )


def run(options: argparse.Namespace) -> int:
    """Look for each model file, and load the models that a run would use."""
    console, config = Console.of(options), load_configuration(options, needs_tree=False)
    from masking.masks.stage import MaskStage

    console.say("Files of your own")
    files = list(model_files(config))
    for file in files:
        facts = facts_of(file)
        console.result(**facts)
        for line in describe(file, facts):
            console.say(f"  {printable(line)}")
    for line in left_alone(config, files):
        console.say(f"  {printable(line)}")
    console.say("A run would use")
    stage = MaskStage()
    for line in stage.choices(config):
        console.say(f"  {printable(line)}")
    try:
        for line in state_of_reconstructor(config, make_ahead=options.convert):
            console.say(f"  {printable(line)}")
        with keeping_nothing():
            models = stage.load(config).models
        for part, description in models.items():
            console.say(f"  {part}: {printable(description)}")
    except MaskingError as error:
        console.say(f"It can't start: {printable(error)}")
        return error.exit_code
    console.say("It can start.")
    return ExitCode.ALL_DONE


def state_of_reconstructor(config: Config, *, make_ahead: bool) -> Iterator[str]:
    """Lines that tell what the reconstructor would run on, having made ahead of time what its first start makes.

    Raises MaskingError where it can't run.
    """
    from masking.reconstruction.registry import RECONSTRUCTORS

    entry, _ = RECONSTRUCTORS.choose(config.reconstruction.reconstructor, config)
    if make_ahead:
        yield from entry.make_ahead(config)
    yield from entry.state(config)


def model_files(config: Config) -> Iterator[ModelFile]:
    """Every file that a user may put in place, wherever `config` looks for it."""
    from masking.core.config.options import REGISTRIES

    for location in REGISTRIES:
        for entry in registry_at(location):
            yield from entry.files(config)


def facts_of(file: ModelFile) -> dict[str, object]:
    """A file as a line of JSON holds it. status: found, missing or unusable."""
    known = {"path": str(file.path), "enables": file.enables, "page": file.download.page}
    try:
        found = file.find() if file.find else FoundFile(file.path)
        known["path"] = str(found)
        file.check(found)
        size, digest = found.path.stat().st_size, found.sha256(MAX_BYTES)
    except MissingModelFileError as error:
        return {**known, "status": "missing", "problem": error.problem.partition("; ")[2]}
    except ModelFileError as error:
        return {**known, "status": "unusable", "problem": f"{error.problem}. {error.remedy}"}
    except PackedFileError as error:
        return {**known, "status": "unusable", "problem": str(error)}
    except FileNotFoundError:
        return {**known, "status": "missing", "problem": ""}
    except OSError as error:
        return {**known, "status": "unusable", "problem": f"can't be read: {error.strerror}"}
    return {**known, "status": "found", "bytes": size, "sha256": digest}


def describe(file: ModelFile, facts: Mapping[str, object]) -> list[str]:
    """Lines that tell a person what the `facts` of a file say, and if it is not there, where to get it."""
    first = f"{facts['status']:<9} {facts['path']}"
    if facts["status"] == "found":
        return [
            first,
            f"          {facts['bytes']:,} bytes, SHA-256 {facts['sha256']}",
            f"          for {file.enables}; {file.download.licence}",
        ]
    return [
        first,
        *([f"          {facts['problem']}"] if facts["problem"] else []),
        f"          for {file.enables}",
        f"          get {file.download.title} from {file.download.page} ({file.download.licence})",
    ]


def left_alone(config: Config, files: Iterable[ModelFile]) -> Iterator[str]:
    """Two lines for each file that lies there and serves for nothing: its place, and why."""
    used = {file.path.name: found for file in files if (found := _found(file))}
    reasons: dict[str, str] = {}
    for place in (
        config.reconstruction.model_folder,
        config.reconstruction.flame_folder,
        config.landmarks.predictor_file,
    ):
        looked = survey(place)
        reasons |= {str(path): fault for path, fault in looked.faults.items()}
        for _, file in looked.files:
            if file not in used.values() and not file.name.lower().startswith("readme"):
                reasons.setdefault(str(file), _why_left_alone(file, used))
    for path, reason in list(reasons.items())[:MOST_LEFT_ALONE]:
        yield f"left alone {path}"
        yield f"          {reason}"
    if len(reasons) > MOST_LEFT_ALONE:
        yield f"          and {len(reasons) - MOST_LEFT_ALONE} more"


def _found(file: ModelFile) -> FoundFile | None:
    try:
        return file.find() if file.find else None
    except ModelFileError:
        return None


def _why_left_alone(file: FoundFile, used: Mapping[str, FoundFile]) -> str:
    from masking.faces.landmarks import PREDICTOR_FILE
    from masking.reconstruction.wanted_files import CHECKPOINT_FILES, FLAME_FILES

    for wanted in (*CHECKPOINT_FILES, *FLAME_FILES, PREDICTOR_FILE):
        if wanted.rank(file.plain_name) is not None:
            chosen = used.get(wanted.name)
            return f"{chosen} is used" if chosen else f"could be {wanted.name}; see above"
    return "is not looked for under this name"
