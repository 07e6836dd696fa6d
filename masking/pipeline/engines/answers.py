"""What a worker says is looked at before it is believed: it may be another version's, or see another disk."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Sequence
from typing import Any

from masking.core.config import Config
from masking.core.errors import ClusterError, Status
from masking.core.hashing import sha256_of_regular_file
from masking.dataset import PreparedImage
from masking.dataset.outputs import demanded_places, output_paths
from masking.pipeline.engines.worker import ChunkResult
from masking.pipeline.outcome import FileState, Outcome

NOT_THERE = "a worker says that it masked the image, and its outputs are not all there as it wrote them"


class Answers:
    """Checks the answers of one run's workers.

    key: what every worker must be. thorough: demand all outputs and compare their contents; else those that the worker
    names must be there with the size and time that it names.
    """

    def __init__(self, config: Config, key: bytes, *, thorough: bool) -> None:
        self._output_folder = str(config.folders.output_folder)
        self._options = config.output
        self._key = key
        self._thorough = thorough

    def checked(self, answer: Any, images: Sequence[PreparedImage]) -> list[Outcome]:
        """The outcomes in the `answer` to `images`; one whose files are not there is `failed`.

        Raises ClusterError where the answer is none, or none to these images.
        """
        if not isinstance(answer, ChunkResult) or answer.key != self._key:
            raise ClusterError("a worker answers that is not of this version; give every worker the same project")
        if not _belong_together(answer.outcomes, images):
            raise ClusterError("a worker's answer is not about the images that it was given; end that worker")
        for record in answer.log_records:
            if isinstance(record, logging.LogRecord):
                logging.getLogger(record.name).handle(record)
        return [self._believed(outcome, image) for outcome, image in zip(answer.outcomes, images, strict=True)]

    def _believed(self, outcome: Outcome, image: PreparedImage) -> Outcome:
        if outcome.status is not Status.MASKED or self._stand(outcome, image):
            return outcome
        return Outcome(image.identity, image.video, image.path.name, Status.FAILED, NOT_THERE)

    def _stand(self, outcome: Outcome, image: PreparedImage) -> bool:
        demanded = set(demanded_places(self._options, image.is_loose))
        if not outcome.outputs.keys() <= demanded:
            return False
        if self._thorough and (outcome.source is None or outcome.outputs.keys() != demanded):
            return False
        paths = output_paths(self._output_folder, image, outcome.outputs)
        return all(map(self._stands, paths, outcome.outputs.values()))

    def _stands(self, path: str, state: FileState) -> bool:
        try:
            status = os.lstat(path)
            if not stat.S_ISREG(status.st_mode) or status.st_size != state.size:
                return False
            if not self._thorough:
                return status.st_mtime_ns == state.mtime_ns
            return bytes.fromhex(sha256_of_regular_file(path)) == state.sha256
        except OSError:
            return False


def _belong_together(outcomes: Any, images: Sequence[PreparedImage]) -> bool:
    if not isinstance(outcomes, list) or len(outcomes) != len(images):
        return False
    return all(
        isinstance(outcome, Outcome)
        and isinstance(outcome.status, Status)
        and not outcome.recorded
        and (outcome.identity, outcome.video, outcome.image) == (image.identity, image.video, image.path.name)
        for outcome, image in zip(outcomes, images, strict=True)
    )
