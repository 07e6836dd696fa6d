"""One image that stands in no tree: outputs go into the output folder only, its record into the journal there."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Protocol

from masking.core.config import Config
from masking.dataset.outputs import output_paths
from masking.dataset.standing import StandingFiles
from masking.dataset.tree import PreparedImage
from masking.masks.stage import MaskStage
from masking.pipeline.journal import FILE_NAME, Journal, Key, key_of
from masking.pipeline.lock import output_lock
from masking.pipeline.outcome import Outcome
from masking.pipeline.output_folder import make_output_folder
from masking.pipeline.recipe import recipe_for


class LooseMasker(Protocol):
    """Masks one image, with models that are loaded."""

    @property
    def fingerprint(self) -> bytes:
        """As batch_helper.ImageMasker."""
        ...

    def mask(self, image: PreparedImage) -> Outcome:
        """As batch_helper.ImageMasker."""
        ...


def mask_loose_image(config: Config, masker: LooseMasker, path: Path) -> tuple[Outcome, list[str]]:
    """Mask the photo `path` and note it. Its outcome, and the paths of what was written.

    Raises OutputFolderError, and LockedError where a run is at work on the output folder.
    """
    output_folder = config.folders.output_folder
    make_output_folder(output_folder)
    stage = MaskStage()
    recipe = recipe_for(stage, config, masker.fingerprint)
    image = PreparedImage(identity="", video="", path=path)
    with output_lock(output_folder):
        has_journal = os.path.lexists(output_folder / FILE_NAME)
        ours: frozenset[str] = frozenset()
        if has_journal:
            with Journal(output_folder, stage, recipe) as journal:
                ours = _places_of_ours(journal, key_of("", "", path.name))
        foreign = StandingFiles(str(output_folder)).places_of(image) - ours
        outcome = masker.mask(dataclasses.replace(image, foreign=foreign))
        if has_journal or outcome.outputs:
            with Journal(output_folder, stage, recipe) as journal:
                journal.write([outcome])
    return outcome, output_paths(str(output_folder), image, outcome.outputs)


def _places_of_ours(journal: Journal, key: Key) -> frozenset[str]:
    ours: set[str] = set()
    for found, record in journal.records(None, key):
        ours.update(record.outcome.outputs if found == key else ())
    for found, places in journal.owned(None, key):
        ours.update(places if found == key else ())
    return frozenset(ours)
