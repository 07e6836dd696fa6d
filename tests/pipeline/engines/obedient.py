"""A stage for the engines' tests: it does what an image's content says. Real masking can't be made to crash."""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from masking.core.config import Config
from masking.core.errors import ModelFileError
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import OVERLAY
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome
from masking.pipeline.stage import Processor

NO_MODEL = "no model"
"""Name of an output folder for which the masker finds its model missing."""


class ObedientStage(MaskStage):
    """Masking, but for what does it."""

    def load(self, config: Config) -> Processor:
        return ObedientMasker(config)


class ObedientMasker:
    """Implements Processor."""

    def __init__(self, config: Config) -> None:
        if config.folders.output_folder.name == NO_MODEL:
            raise ModelFileError(Path("model/missing.data"), "is missing", "Get it from its authors")
        self.models = {"reconstructor": "obedience"}
        self.fingerprint = b"\1" * 32
        self._publisher = OutputPublisher(config.folders.output_folder)

    batch_size = 1

    def process(self, items: Sequence[PreparedImage]) -> Iterator[Outcome]:
        return map(self._obey, items)

    def _obey(self, image: PreparedImage) -> Outcome:
        order = image.path.read_text()
        if order == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "warn":
            logging.getLogger("obedient").warning("%s wants a warning", image.path.name)
        states = self._publisher.publish(image, {OVERLAY: order.encode()})
        if order == "lie":
            states = {place: dataclasses.replace(state, size=1) for place, state in states.items()}
            return Outcome(image.identity, image.video, image.path.name, Status.MASKED, outputs=states)
        return Outcome(image.identity, image.video, image.path.name, Status.MASKED, str(os.getpid()))

    def flush(self) -> None:
        self._publisher.flush()
