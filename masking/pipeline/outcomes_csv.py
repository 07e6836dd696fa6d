"""outcomes.csv: one line for each item, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from masking.core.errors import ConfigError, OutputFolderError, first_line
from masking.core.safe_files import WholeFile, open_to_read, partial_of
from masking.pipeline.outcome import Outcome
from masking.pipeline.spreadsheet import plain_cell, text_of_cell
from masking.pipeline.stage import Stage

FILE_NAME = "outcomes.csv"
MAX_CELL = 1_000_000
"""Characters."""


def columns_of(stage: Stage) -> tuple[str, ...]:
    """The titles of the stage's outcomes.csv."""
    return ("identity", "video", stage.words.item, "status", "reason", "seconds", *stage.columns, "folder")


class OutcomesFile:
    """Writes outcomes as they come. The file gets its name when the block ends, so that outcomes.csv is always whole;
    until then, and after a run that was killed, the lines are in outcomes.csv.partial.
    """

    def __init__(self, output_folder: Path, stage: Stage) -> None:
        self.path = output_folder / FILE_NAME
        self._stage = stage

    def __enter__(self) -> OutcomesFile:
        try:
            self._whole = WholeFile(self.path, newline="")
        except OSError as error:
            raise self._failure(error) from error
        self._writer = csv.writer(self._whole.file)
        self._writer.writerow(columns_of(self._stage))
        return self

    def write(self, outcome: Outcome) -> None:
        """Add one outcome. Raises OutputFolderError where the disk takes no more."""
        row = (
            plain_cell(outcome.whose),
            plain_cell(outcome.video),
            plain_cell(outcome.name),
            outcome.status,
            plain_cell(outcome.reason),
            f"{outcome.seconds:.4f}",
            *self._stage.cells(outcome),
            plain_cell(outcome.folder),
        )
        try:
            self._writer.writerow(row)
            self._whole.file.flush()
        except OSError as error:
            raise self._failure(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._whole.keep()
        except OSError as fault:
            raise self._failure(fault) from fault

    def _failure(self, error: OSError) -> OutputFolderError:
        return OutputFolderError(f"{partial_of(self.path)} can't be written: {error.strerror}")


def read_outcomes(path: Path) -> Iterator[dict[str, str]]:
    """The lines of an outcomes.csv as they were before they were made safe for spreadsheets.

    Raises ConfigError where it isn't one, OSError where it can't be read.
    """
    csv.field_size_limit(MAX_CELL)
    with open_to_read(path) as file:
        reader = csv.DictReader(file)
        try:
            if not {"identity", "video", "image", "status"} <= set(reader.fieldnames or ()):
                raise ConfigError(
                    [f"{path} has no columns identity, video, image and status; it is not this program's"]
                )
            for row in reader:
                yield {column: text_of_cell(row.get(column) or "") for column in reader.fieldnames or ()}
        except (csv.Error, UnicodeError) as error:
            raise ConfigError([f"{path} is damaged: {first_line(error)}"]) from error
