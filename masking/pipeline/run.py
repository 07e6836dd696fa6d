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
from masking.pipeline.recipe import Recipe, recipe_for
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
        take_output_folder(target, source, stage.output_layout(config))
        listener.say("Loading the models; compiling the renderer takes a few seconds the first time ...")
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
            return _Run(stage, config, engine, options, listener, log).done(permit)


def _into(remark: Say, log: logging.Logger) -> Say:
    def both(text: str) -> None:
        remark(text)
        for line in text.splitlines():
            log.info("%s", line)

    return both


class _Run:
    """One run over a tree, from the opened engine to the result."""

    def __init__(
        self, stage: Stage, config: Config, engine: Engine, options: RunOptions, listener: Listener, log: logging.Logger
    ) -> None:
        self._stage = stage
        self._config = config
        self._engine = engine
        self._options = options
        self._listener = listener
        self._log = log
        self._remark = _into(listener.remark, log)
        self._tally = Tally(stage)
        self._interruption = Interruption()
        self._left_alone = LeftAlone()
        self._stand_ins = stage.stand_ins(config)

    def done(self, permit: WorkPermit) -> RunResult:
        """Do what is to be done, record it, and say what came of it."""
        models, started = self._engine.models, time.perf_counter()
        recipe = recipe_for(self._stage, self._config, models.fingerprint)
        environment = Environment(models.descriptions, models.fingerprint, self._engine.description, self._stand_ins)
        with (
            self._interruption.listening(),
            Journal(self._config.folders.output_folder, self._stage, recipe) as journal,
            RunRecords(self._stage, self._config, environment) as records,
        ):
            for line in journal.news():
                self._remark(line)
            earlier = self._earlier(journal, recipe)
            self._work(earlier, journal, records, permit)
            seconds = time.perf_counter() - started
            self._listener.say("Writing the report ...")
            written = records.finish(self._interruption.requested, self._left_alone) if self._tally.total else []
            removed = self._stage.after_run(self._config, earlier.source_showing_left)
        if self._tally.total == 0 and not self._interruption.requested:
            raise EmptyTreeError(self._stage.why_empty(self._config))
        text = self._tally.text(seconds, self._interruption.requested)
        self._remark("\n".join([text, *map(printable, written)]))
        self._say_what_else(earlier.vanished, removed)
        return self._result(seconds, written, text)

    def _earlier(self, journal: Journal, recipe: Recipe) -> EarlierOutcomes:
        return EarlierOutcomes(
            journal,
            recipe,
            self._stage.files(self._config),
            self._stage.finished,
            verify=self._options.verify,
            force=self._options.force,
            removes=True,
            depth=self._stage.depth(self._config),
        )

    def _work(self, earlier: EarlierOutcomes, journal: Journal, records: RunRecords, permit: WorkPermit) -> None:
        items = earlier.sort_out(self._left_alone.noted(self._stage.walk(self._config)))
        with Progress(self._stage, self._config, shown=self._options.progress) as progress:
            for outcome in self._engine.run(items, permit, self._interruption, on_done=journal.write):
                records.add(outcome)
                self._tally.add(outcome)
                progress.show(self._tally)
                self._listener.outcome(outcome)
                if outcome.reason and not outcome.recorded:
                    shown_path = self._stage.shown_path(outcome)
                    self._log.warning("%s: %s: %s", shown_path, outcome.status, outcome.reason)

    def _say_what_else(self, vanished: int, removed: Sequence[str]) -> None:
        if self._left_alone.count:
            self._remark(self._left_alone.text)
        if vanished:
            words = self._stage.words
            self._remark(
                f"{vanished} {words.finished} {words.items} are no longer in the input folder; their outputs were left "
                "alone"
            )
        for line in (*removed, *map(printable, self._stand_ins)):
            self._remark(line)

    def _result(self, seconds: float, written: Sequence[str], text: str) -> RunResult:
        tally, interrupted = self._tally, self._interruption.requested
        return RunResult(
            counts=tally.by_status,
            worked_on=tally.done,
            seconds=seconds,
            interrupted=interrupted,
            exit_code=ExitCode.INTERRUPTED if interrupted else tally.exit_code,
            failures=tuple(tally.first_failures),
            written=tuple(written),
            text=text,
        )
