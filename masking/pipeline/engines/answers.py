"""What a worker says is checked before it is believed: it may be another version's, or see another disk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from masking.core.config import Config
from masking.core.errors import ClusterError
from masking.pipeline.engines.worker import ChunkResult
from masking.pipeline.outcome import Item, Outcome, failed
from masking.pipeline.stage import Stage

NOT_THERE = "a worker says that this is finished, but its outputs are not all there as it wrote them"


class Answers:
    """Checks the answers of one run's workers.

    key: what every worker must be. thorough: demand all outputs and compare their contents; else those that the worker
    names must be there with the size and time that it names.
    """

    def __init__(self, stage: Stage, config: Config, key: bytes, *, thorough: bool) -> None:
        self._files = stage.files(config)
        self._statuses = frozenset(map(str, stage.statuses))
        self._finished = stage.finished
        self._key = key
        self._thorough = thorough

    def checked(self, answer: Any, items: Sequence[Item]) -> list[Outcome]:
        """The outcomes in the `answer` to `items`; one whose files are not there is `failed`.

        Raises ClusterError where the answer isn't one, or isn't about these items.
        """
        if not isinstance(answer, ChunkResult) or answer.key != self._key:
            raise ClusterError("a worker of another version has answered; give every worker the same project")
        if not self._belong_together(answer.outcomes, items):
            raise ClusterError("a worker's answer is not about what it was given; end that worker")
        for record in answer.log_records:
            if isinstance(record, logging.LogRecord):
                logging.getLogger(record.name).handle(record)
        return [self._believed(outcome, item) for outcome, item in zip(answer.outcomes, items, strict=True)]

    def _believed(self, outcome: Outcome, item: Item) -> Outcome:
        if outcome.status != self._finished or self._are_there(outcome, item):
            return outcome
        return failed(item, NOT_THERE)

    def _are_there(self, outcome: Outcome, item: Item) -> bool:
        demanded = set(self._files.demanded)
        if not outcome.outputs.keys() <= demanded:
            return False
        if self._thorough and (outcome.source is None or outcome.outputs.keys() != demanded):
            return False
        return self._files.outputs_are_unchanged(item, outcome.outputs, verify=self._thorough)

    def _belong_together(self, outcomes: Any, items: Sequence[Item]) -> bool:
        if not isinstance(outcomes, list) or len(outcomes) != len(items):
            return False
        return all(
            isinstance(outcome, Outcome)
            and outcome.status in self._statuses
            and not outcome.recorded
            and (outcome.identity, outcome.video, outcome.name) == (item.identity, item.video, item.name)
            for outcome, item in zip(outcomes, items, strict=True)
        )
