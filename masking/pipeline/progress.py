"""The progress bar: rate, counts by status, and the end in sight once the tree has been counted."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from masking.core.errors import Status
from masking.dataset import walk
from masking.dataset.layout import IDENTITY_VIDEO, Layout
from masking.pipeline.summary import Tally

if TYPE_CHECKING:
    from tqdm import tqdm

REDRAW_SECONDS = 0.1


class Progress:
    """A bar on standard error. The tree is counted beside the work, so that the first image needn't wait for it."""

    def __init__(self, input_folder: Path, layout: Layout = IDENTITY_VIDEO) -> None:
        self._layout = layout
        self._input_folder = input_folder
        self._tally = Tally()
        self._drawn = float("-inf")
        self._finished = threading.Event()
        self._counter = threading.Thread(target=self._count, daemon=True, name="count-images")

    def __enter__(self) -> Progress:
        from tqdm import tqdm

        self._bar: tqdm[NoReturn] = tqdm(desc="Masking", unit=" images", dynamic_ncols=True, smoothing=0)
        self._counter.start()
        return self

    def show(self, tally: Tally) -> None:
        """Move on to what `tally` has counted. Draws a few times a second, for finished images fly past."""
        self._tally = tally
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._draw()

    def _draw(self) -> None:
        counts = self._tally.counts
        # What earlier runs have done flies past; the rate tells how fast images are masked.
        self._bar.initial = self._tally.recorded
        self._bar.set_postfix({status.value: counts[status] for status in Status if counts[status]}, refresh=False)
        self._bar.update(self._tally.total - self._bar.n)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._finished.set()
        self._counter.join()
        self._draw()
        self._bar.close()

    def _count(self) -> None:
        count = 0
        for count, _ in enumerate(walk(self._input_folder, self._layout), start=1):  # noqa: B007
            if self._finished.is_set():
                return
        self._bar.total = count
