"""outcomes.csv: one line for each prepared image."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType

from masking.errors import OutputFolderError
from masking.outcome import Outcome

COLUMNS = (
    "identity",
    "video",
    "image",
    "status",
    "reason",
    "seconds",
    "score",
    "coverage",
    "masked_faces",
    "other_faces",
)


class OutcomesFile:
    """Writes outcomes as they come. The file gets its name when the block ends, so that outcomes.csv is always whole;
    until then, and after a run that was killed, the lines stand in outcomes.csv.partial.
    """

    def __init__(self, output_folder: Path) -> None:
        self.path = output_folder / "outcomes.csv"
        self._partial = output_folder / "outcomes.csv.partial"

    def __enter__(self) -> OutcomesFile:
        try:
            # A file name that is not valid UTF-8 keeps its bytes.
            self._file = self._partial.open("w", newline="", encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise OutputFolderError(f"{self._partial} can't be written: {error.strerror}") from error
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)
        return self

    def write(self, outcome: Outcome) -> None:
        """Add one outcome. Raises OutputFolderError where the disk takes no more."""
        row = (
            outcome.identity,
            outcome.video,
            outcome.image,
            outcome.status,
            outcome.reason,
            f"{outcome.seconds:.4f}",
            "" if outcome.score is None else f"{outcome.score:.4f}",
            "" if outcome.coverage is None else f"{outcome.coverage:.4f}",
            outcome.masked_faces,
            outcome.other_faces,
        )
        try:
            self._writer.writerow(row)
            self._file.flush()
        except OSError as error:
            raise OutputFolderError(f"{self._partial} can't be written: {error.strerror}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
        self._partial.replace(self.path)
