"""run.log: everything the run has to say, with times; nothing in it is ever overwritten by the next run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from masking.errors import OutputFolderError

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def run_log(output_folder: Path) -> Iterator[logging.Logger]:
    """Append to OUTPUT_FOLDER/run.log while the block runs. Raises OutputFolderError where it can't be opened."""
    path = output_folder / "run.log"
    try:
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputFolderError(f"{path} can't be written: {error.strerror}") from error
    handler.setFormatter(logging.Formatter(FORMAT))
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
