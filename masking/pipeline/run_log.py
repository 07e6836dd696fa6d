"""run.log: everything the run has to say, with times; nothing in it is ever overwritten by the next run."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from masking.core.errors import OutputFolderError
from masking.core.printable import printable
from masking.core.safe_files import open_to_append
from masking.core.terminal import say

if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[IO[str]]
else:
    _StreamHandler = logging.StreamHandler  # takes no parameter before Python 3.11

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
INDENT = "    "
"""Before each line of a traceback, so that none can be taken for a line of the log."""


class PrintableFormatter(logging.Formatter):
    """One line for each message, whatever names are in it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line of `record`."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802
        """The traceback in lines of its own."""
        text = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join(INDENT + printable(line) for line in text.splitlines())


class _LogFile(_StreamHandler):
    """A log whose disk may fill up: that is reported once, without a traceback, and the run goes on without a log."""

    _is_full = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say why `record` was not written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._is_full:
            self._is_full = True
            say(f"run.log can't be written: {error.strerror}", on_error_output=True)


@contextmanager
def run_log(output_folder: Path) -> Iterator[logging.Logger]:
    """Append to OUTPUT_FOLDER/run.log while the block runs. Raises OutputFolderError where it can't be opened."""
    path = output_folder / "run.log"
    try:
        handler = _LogFile(open_to_append(path))
    except OSError as error:
        raise OutputFolderError(f"{path} can't be written: {error.strerror}") from error
    handler.setFormatter(PrintableFormatter(FORMAT))
    root = logging.getLogger()
    previous_level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield logging.getLogger("batch_process")
    finally:
        root.removeHandler(handler)
        root.setLevel(previous_level)
        handler.close()
        handler.stream.close()


def print_log_plainly() -> None:
    """Have what is logged while there is no run.log printed by the same rules."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(PrintableFormatter("%(message)s"))
