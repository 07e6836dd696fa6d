"""The records of a run in OUTPUT_FOLDER: outcomes.csv, run.json, report.html."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from masking.core.config import Config
from masking.core.errors import OutputFolderError
from masking.core.safe_files import partial_of, remove
from masking.dataset.layout import layout_of
from masking.dataset.left_alone import LeftAlone
from masking.pipeline.outcome import Outcome
from masking.report.html_report import REPORT_NAME, HtmlReport
from masking.report.outcomes_csv import OutcomesFile
from masking.report.run_facts import Statistics, Workshop, run_facts, write_run_json


class RunRecords:
    """Takes outcomes as they come. outcomes.csv is there in any case; the others once the run is finished."""

    def __init__(self, config: Config, workshop: Workshop, left_alone: LeftAlone | None = None) -> None:
        self._config = config
        self._layout = layout_of(config.folders)
        self._left_alone = left_alone or LeftAlone()
        self._workshop = workshop
        self._statistics = Statistics()
        self._outcomes = OutcomesFile(config.folders.output_folder)
        self._report = HtmlReport(config)
        self._open = ExitStack()
        self._started = _now()

    def __enter__(self) -> RunRecords:
        output = self._config.output
        stays = output.report and output.photos_in_report
        remove_report(self._config.folders.output_folder, what_was_begun_only=stays)
        self._open.enter_context(self._outcomes)
        self._open.enter_context(self._report)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, outcome: Outcome) -> None:
        """Record one more. Raises OutputFolderError where the disk takes no more."""
        if not outcome.video:
            person = self._layout.identity_of(outcome.identity, outcome.image)
            outcome = dataclasses.replace(outcome, person=person)
        self._outcomes.write(outcome)
        self._statistics.add(outcome)
        if self._config.output.report:
            self._report.add(outcome)

    def finish(self, interrupted: bool) -> list[str]:
        """Write what needs the whole run, and say where everything is. Raises OutputFolderError."""
        facts = run_facts(self._config, self._workshop, self._statistics, self._started, _now(), interrupted)
        facts["left_alone"] = self._left_alone.facts
        write_run_json(self._config.folders.output_folder, facts)
        lines = [f"Every image's outcome: {self._outcomes.path}"]
        if self._config.output.report:
            self._report.write(facts)
            lines.append(f"To look at in a browser: {self._report.path}{self._what_it_shows()}")
        return lines

    def _what_it_shows(self) -> str:
        return (
            " (shows the photos; PHOTOS_IN_REPORT = no leaves them out)" if self._config.output.photos_in_report else ""
        )


def remove_report(output_folder: Path, *, what_was_begun_only: bool = False) -> None:
    """Remove an earlier run's report, and what one that was killed had begun to write. Raises OutputFolderError."""
    path = output_folder / REPORT_NAME
    try:
        remove(partial_of(path))
        if not what_was_begun_only:
            remove(path)
    except OSError as error:
        raise OutputFolderError(f"{error.filename}, an earlier run's, can't be removed: {error.strerror}") from error


def _now() -> datetime:
    return datetime.now(timezone.utc).astimezone()
