"""The progress bar: rate, counts by status, and an estimate of the end once the tree has been counted."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from masking.core.config import Config
from masking.pipeline.left_alone import LeftAlone
from masking.pipeline.stage import Stage
from masking.pipeline.summary import Tally

if TYPE_CHECKING:
    from tqdm import tqdm

REDRAW_SECONDS = 0.1


class Progress:
    """A bar on standard error. The tree is counted beside the work, so that the first item needn't wait for it.

    shown: whether there is a bar at all.
    """

    def __init__(self, stage: Stage, config: Config, *, shown: bool = True) -> None:
        self._stage = stage
        self._config = config
        self._shown = shown
        self._tally = Tally(stage)
        self._drawn = float("-inf")
        self._finished = threading.Event()
        self._counter = threading.Thread(target=self._count, daemon=True, name="count-items")

    def __enter__(self) -> Progress:
        if self._shown:
            from tqdm import tqdm

            words = self._stage.words
            self._bar: tqdm[NoReturn] = tqdm(desc=words.doing, unit=f" {words.items}", dynamic_ncols=True, smoothing=0)
            self._counter.start()
        return self

    def show(self, tally: Tally) -> None:
        """Move on to what `tally` has counted. Draws a few times a second, because finished items fly past."""
        self._tally = tally
        now = time.monotonic()
        if self._shown and now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._draw()

    def _draw(self) -> None:
        # What earlier runs have done flies past; the rate shows how fast the work goes.
        self._bar.initial = self._tally.recorded
        self._bar.set_postfix(self._tally.by_status, refresh=False)
        self._bar.update(self._tally.total - self._bar.n)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._finished.set()
        if self._shown:
            self._counter.join()
            self._draw()
            self._bar.close()

    def _count(self) -> None:
        count = 0
        for count, _ in enumerate(LeftAlone().noted(self._stage.walk(self._config)), start=1):  # noqa: B007
            if self._finished.is_set():
                return
        self._bar.total = count
