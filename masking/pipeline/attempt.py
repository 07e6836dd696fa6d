"""The account of one item while it is worked on: what is known of it, how long each step took, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from masking.core.errors import ItemError, ModelFileError, PublishError
from masking.core.file_state import FileState
from masking.pipeline.outcome import FAILED, Detail, Item, Outcome

log = logging.getLogger(__name__)


class Details(Protocol):
    """What only the stage understands of an item."""

    @property
    def mapping(self) -> Mapping[str, Detail]:
        """As Outcome.details."""
        ...


class NoDetails:
    """The details of a stage that has none. As Details."""

    mapping: Mapping[str, Detail] = {}


ItemT = TypeVar("ItemT", bound=Item)
DetailsT = TypeVar("DetailsT", bound=Details)


class Attempt(Generic[ItemT, DetailsT]):
    """An item that a processor is at. It counts as failed until the stage says otherwise.

    details, source, outputs, thumbnails, status, reason: as Outcome's, set as they become known. error: what went
    wrong.
    """

    def __init__(self, item: ItemT, details: DetailsT) -> None:
        self.item = item
        self.details = details
        self.source: FileState | None = None
        self.outputs: Mapping[str, FileState] = {}
        self.thumbnails: tuple[bytes, ...] = ()
        self.status: str = FAILED
        self.reason = ""
        self.error: Exception | None = None
        self._step_seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to the step `name`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add_seconds(name, time.perf_counter() - started)

    def add_seconds(self, name: str, seconds: float) -> None:
        """Add `seconds` to the step `name`."""
        self._step_seconds[name] = self._step_seconds.get(name, 0.0) + seconds

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Whatever goes wrong in the block costs this one item. Raises ModelFileError, which each would meet."""
        try:
            yield
        except ModelFileError:
            raise
        except Exception as error:  # noqa: BLE001 - noted, and logged where it is no ItemError
            self.error = error
            self.end(error)

    def end(self, error: Exception) -> None:
        """Take status and reason from `error`."""
        if isinstance(error, ItemError):
            self.status, self.reason = str(error.status), str(error)
        else:
            log.error("%s failed", self.item.path, exc_info=error)
            self.status, self.reason = FAILED, f"{type(error).__name__}: {error}"

    def withdraw(self, remove: Callable[[ItemT], None]) -> None:
        """Have `remove` take away every file of the item. Where one stays, the item has failed."""
        self.outputs = {}
        try:
            remove(self.item)
        except PublishError as error:
            self.status = FAILED
            if str(error) not in self.reason:
                self.reason = f"{self.reason}; and {error}"

    @property
    def outcome(self) -> Outcome:
        """What became of the item."""
        return Outcome(
            identity=self.item.identity,
            video=self.item.video,
            name=self.item.name,
            status=str(self.status),
            reason=self.reason,
            seconds=sum(self._step_seconds.values()),
            step_seconds=self._step_seconds,
            source=self.source,
            outputs=self.outputs,
            details=self.details.mapping,
            thumbnails=self.thumbnails,
        )
