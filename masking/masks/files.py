"""Where a prepared image's outputs are, whether they are unchanged, and who may see them: masking as a StageFiles."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping, Sequence

from masking.core.config import Config
from masking.core.file_state import FileState, status_if_unchanged
from masking.dataset.outputs import (
    FACE_SHOWING,
    KIND_AT,
    MASK_PAIR,
    PHOTO_SHOWING,
    demanded_locations,
    locations_in_layout,
    output_locations,
    output_paths,
)
from masking.dataset.publishing import OutputPublisher
from masking.dataset.standing import StandingFiles
from masking.dataset.tree import PreparedImage
from masking.dataset.write_access import check_access
from masking.pipeline.outcome import Outcome

READABLE_BY_OTHERS = 0o044


class MaskFiles:
    """The files of the images of one run. As StageFiles."""

    def __init__(self, config: Config) -> None:
        self._input_folder = config.folders.input_folder
        self._output_folder = str(config.folders.output_folder)
        self._publisher = OutputPublisher(config.folders.output_folder)
        self._backup_only, self._flat = config.output.outputs == "backup", config.output.has_flat_backup
        self._has_access = self._backup_only
        self._mask_locations = [place for kind in MASK_PAIR for place in output_locations(kind, flat=self._flat)]
        self.locations = frozenset(locations_in_layout(flat=self._flat))
        self.demanded = frozenset(demanded_locations(config.output))

    def with_foreign(self, items: Sequence[PreparedImage], ours: Sequence[Collection[str]]) -> list[PreparedImage]:
        """As StageFiles. One listing of a video's folders serves all of its images.

        Raises ReadOnlyTreeError where nothing can be written beside the first image; later ones fail by themselves.
        """
        self._check_access(items)
        standing = StandingFiles(self._output_folder)
        items = [dataclasses.replace(image, backup_only=self._backup_only, flat_backup=self._flat) for image in items]
        return [
            dataclasses.replace(image, foreign=standing.foreign_locations(image, own))
            for image, own in zip(items, ours, strict=True)
        ]

    def _check_access(self, items: Sequence[PreparedImage]) -> None:
        if items and not self._has_access:
            check_access(items[0].path.parent)
            self._has_access = True

    def item_of(self, outcome: Outcome) -> PreparedImage:
        """As StageFiles."""
        path = self._input_folder / outcome.identity / outcome.video / outcome.name
        is_flat = not outcome.identity
        return PreparedImage(outcome.identity, outcome.video, path, is_flat=is_flat, flat_backup=self._flat)

    def source_is_unchanged(self, item: PreparedImage, state: FileState, *, verify: bool) -> bool:
        """As StageFiles."""
        return status_if_unchanged(str(item.path), state, verify=verify, follow_links=True) is not None

    def outputs_are_unchanged(self, item: PreparedImage, outputs: Mapping[str, FileState], *, verify: bool) -> bool:
        """As StageFiles. What shows the photo may be read by those only who may read the photo."""
        try:
            photo_mode = os.stat(item.path).st_mode  # noqa: PTH116 - hundreds of thousands of them
        except OSError:
            return False
        paths = output_paths(self._output_folder, item, outputs)
        for path, (location, state) in zip(paths, outputs.items(), strict=True):
            status = status_if_unchanged(path, state, verify=verify)
            if status is None:
                return False
            if KIND_AT[location] in PHOTO_SHOWING and status.st_mode & ~photo_mode & READABLE_BY_OTHERS:
                return False
        return True

    def seems_finished(self, item: PreparedImage) -> bool:
        """As StageFiles."""
        return any(map(os.path.lexists, output_paths(self._output_folder, item, self._mask_locations)))

    def shows_source(self, locations: Iterable[str]) -> bool:
        """As StageFiles."""
        return any(KIND_AT[location] in FACE_SHOWING for location in locations)

    def remove(self, item: PreparedImage, locations: Collection[str]) -> None:
        """As StageFiles."""
        try:
            self._publisher.remove(item, locations)
        finally:
            self._publisher.close()

    def withdraw(self, item: PreparedImage) -> None:
        """As StageFiles."""
        try:
            self._publisher.withdraw(item)
        finally:
            self._publisher.close()
