"""One run of a stage over a tree: what every command that works on a tree does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from masking import __version__
from masking.core.config import Config
from masking.core.errors import EmptyTreeError, ExitCode
from masking.core.printable import printable
from masking.core.process import set_up_process
from masking.pipeline.engines.base import Engine
from masking.pipeline.engines.interruption import Interruption
from masking.pipeline.engines.registry import open_engine
from masking.pipeline.journal import Journal
from masking.pipeline.left_alone import LeftAlone
from masking.pipeline.lock import WorkPermit, run_lock
from masking.pipeline.outcome import Outcome
from masking.pipeline.output_folder import make_output_folder, take_output_folder
from masking.pipeline.progress import Progress
from masking.pipeline.recipe import recipe_for
from masking.pipeline.records import RunRecords
from masking.pipeline.resume import EarlierOutcomes
from masking.pipeline.run_facts import Environment
from masking.pipeline.run_log import run_log
from masking.pipeline.stage import Stage
from masking.pipeline.summary import Tally

Say = Callable[[str], None]


@dataclass(frozen=True)
class RunOptions:
    """How a run is done, beyond its configuration. force: do everything again. verify: compare the contents of what is
    done with the journal. progress: show a bar on standard error.
    """

    force: bool = False
    verify: bool = False
    progress: bool = False


@dataclass(frozen=True)
class RunResult:
    """What came of a run. counts: how many items have each status, of all in the tree. worked_on: how many of them this
    run did; the others were done already. seconds: duration. failures: the first outcomes that came to nothing.
    written: where the records are, in words.
    """

    counts: dict[str, int]
    worked_on: int
    seconds: float
    interrupted: bool
    exit_code: ExitCode
    failures: Sequence[Outcome] = ()
    written: Sequence[str] = ()
    text: str = field(default="", repr=False)


@dataclass(frozen=True)
class Listener:
    """Whom a run tells what it is at. say: lines for people, in passing. remark: lines that belong to the result.
    outcome: every outcome, in the tree's order.
    """

    say: Say = lambda _: None
    remark: Say = lambda _: None
    outcome: Callable[[Outcome], None] = lambda _: None


def run_stage(
    stage: Stage, config: Config, options: RunOptions | None = None, listener: Listener | None = None
) -> RunResult:
    """Do everything in the tree that is new, changed or has failed, and record it in OUTPUT_FOLDER.

    Ctrl-C and SIGTERM end it after the items in hand, where this is the main thread. Raises EmptyTreeError where the
    tree holds nothing, LockedError where another run works on these folders, and MaskingError of other kinds where the
    work can't begin or go on.
    """
    options, listener = options or RunOptions(), listener or Listener()
    config = stage.settled(config)
    stage.check(config)
    set_up_process()
    source, target = stage.folder(config), config.folders.output_folder
    make_output_folder(target)
    with run_lock(source, target) as permit, run_log(target) as log:
        take_output_folder(target, source)
        listener.say("Loading the models; compiling the renderer takes some seconds the first time ...")
        log.info("%s %s, configuration %s", stage.name, __version__, config.model_dump_json())
        remark = _into(listener.remark, log)
        remark(f"Input:         {printable(source)}")
        if layout := stage.layout(config):
            remark(f"Layout:        {layout}")
        remark(f"Output:        {printable(target)}{stage.also_written(config)}")
        with open_engine(stage, config) as engine:
            for part, description in engine.models.descriptions.items():
                remark(f"{part.capitalize() + ':':<15}{printable(description)}")
            for line in stage.choices(config):
                remark(f"Chosen:        {printable(line)}")
            remark(f"Workers:       {engine.description}")
            for line in stage.warnings(config):
                remark(f"Note:          {line}")
            return _run(stage, config, engine, permit, options, listener, log)


def _into(remark: Say, log: logging.Logger) -> Say:
    def both(text: str) -> None:
        remark(text)
        for line in text.splitlines():
            log.info("%s", line)

    return both


def _run(
    stage: Stage,
    config: Config,
    engine: Engine,
    permit: WorkPermit,
    options: RunOptions,
    listener: Listener,
    log: logging.Logger,
) -> RunResult:
    tally, interruption, started = Tally(stage), Interruption(), time.perf_counter()
    left_alone = LeftAlone()
    remark, files = _into(listener.remark, log), stage.files(config)
    recipe = recipe_for(stage, config, engine.models.fingerprint)
    stand_ins = stage.stand_ins(config)
    environment = Environment(engine.models.descriptions, engine.models.fingerprint, engine.description, stand_ins)
    with (
        interruption.listening(),
        Journal(config.folders.output_folder, stage, recipe) as journal,
        RunRecords(stage, config, environment) as records,
    ):
        for line in journal.news():
            remark(line)
        earlier = EarlierOutcomes(
            journal,
            recipe,
            files,
            stage.finished,
            verify=options.verify,
            force=options.force,
            removes=True,
            depth=stage.depth(config),
        )
        items = earlier.sort_out(left_alone.noted(stage.walk(config)))
        with Progress(stage, config, shown=options.progress) as progress:
            for outcome in engine.run(items, permit, interruption, on_done=journal.write):
                records.add(outcome)
                tally.add(outcome)
                progress.show(tally)
                listener.outcome(outcome)
                if outcome.reason and not outcome.recorded:
                    log.warning("%s: %s: %s", stage.place(outcome), outcome.status, outcome.reason)
        seconds = time.perf_counter() - started
        listener.say("Writing the report ...")
        written = records.finish(interruption.requested, left_alone) if tally.total else []
        removed = stage.after_run(config, earlier.source_showing_left)
    if tally.total == 0 and not interruption.requested:
        raise EmptyTreeError(stage.why_empty(config))
    text = tally.text(seconds, interruption.requested)
    remark("\n".join([text, *map(printable, written)]))
    if left_alone.count:
        remark(left_alone.text)
    if earlier.vanished:
        remark(
            f"{earlier.vanished} {stage.words.finished} {stage.words.items} are no longer in the input folder; their "
            "outputs were left alone"
        )
    for line in (*removed, *map(printable, stand_ins)):
        remark(line)
    return RunResult(
        counts=tally.by_status,
        worked_on=tally.done,
        seconds=seconds,
        interrupted=interruption.requested,
        exit_code=ExitCode.INTERRUPTED if interruption.requested else tally.exit_code,
        failures=tuple(tally.first_failures),
        written=tuple(written),
        text=text,
    )
