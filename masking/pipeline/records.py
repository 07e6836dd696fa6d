"""The records of a run in OUTPUT_FOLDER: outcomes.csv, run.json, and the page that the stage gives."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timezone
from types import TracebackType

from masking.core.config import Config
from masking.pipeline.left_alone import LeftAlone
from masking.pipeline.outcome import Outcome
from masking.pipeline.outcomes_csv import OutcomesFile
from masking.pipeline.run_facts import Environment, Statistics, run_facts, write_run_json
from masking.pipeline.stage import Stage


class RunRecords:
    """Takes outcomes as they come. outcomes.csv is there in any case; the others once the run is finished."""

    def __init__(self, stage: Stage, config: Config, environment: Environment) -> None:
        self._config = config
        self._environment = environment
        self._stage = stage
        self._item = stage.words.item
        self._statistics = Statistics(stage)
        self._outcomes = OutcomesFile(config.folders.output_folder, stage)
        self._report = stage.open_report(config)
        self._open = ExitStack()
        self._started = _now()

    def __enter__(self) -> RunRecords:
        self._open.enter_context(self._outcomes)
        if self._report is not None:
            self._open.enter_context(self._report)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, outcome: Outcome) -> None:
        """Record one more. Raises OutputFolderError where the disk takes no more."""
        outcome = self._stage.named(self._config, outcome)
        self._outcomes.write(outcome)
        self._statistics.add(outcome)
        if self._report is not None:
            self._report.add(outcome)

    def finish(self, interrupted: bool, left_alone: LeftAlone | None = None) -> list[str]:
        """Write what needs the whole run, and say where everything is. Raises OutputFolderError."""
        facts = run_facts(
            self._config, self._environment, self._statistics, self._started, _now(), interrupted, left_alone
        )
        write_run_json(self._config.folders.output_folder, facts)
        lines = [f"Every {self._item}'s outcome: {self._outcomes.path}"]
        if self._report is not None:
            self._report.write(facts)
            lines.append(f"To look at in a browser: {self._report.path}{self._report.remark}")
        return lines


def _now() -> datetime:
    return datetime.now(timezone.utc).astimezone()
