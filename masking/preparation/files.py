"""Where a video's files are, and whether they are unchanged: preparation as a StageFiles."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from masking.core.config import Config
from masking.core.file_state import FileState, status_if_unchanged
from masking.pipeline.outcome import Outcome
from masking.preparation.frames import folder_state, natural_key
from masking.preparation.outputs import LOCATIONS, SHEET, output_path
from masking.preparation.publishing import VideoPublisher, files_are_unchanged, read_record, readers_of_video
from masking.preparation.source import PHOTOS, Kind, SourceVideo, is_clip, is_picture, picture_names


class PreparationFiles:
    """The files of the videos of one run. As StageFiles."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._target = str(config.folders.output_folder)
        self._publisher = VideoPublisher(config.folders.output_folder)
        self.locations = frozenset(LOCATIONS)
        self.demanded = frozenset(LOCATIONS)

    def with_foreign(self, items: Sequence[SourceVideo], ours: Sequence[Collection[str]]) -> list[SourceVideo]:
        """As StageFiles."""
        return [
            dataclasses.replace(
                video,
                foreign=frozenset(
                    location
                    for location in LOCATIONS
                    if location not in own and os.path.lexists(self._path(video, location))
                ),
            )
            for video, own in zip(items, ours, strict=True)
        ]

    def item_of(self, outcome: Outcome) -> SourceVideo:
        """As StageFiles. What is removed for it depends on its identity and video alone."""
        source = self._config.folders.input_folder
        if is_clip(outcome.name):
            return SourceVideo(outcome.identity, outcome.video, source / outcome.identity / outcome.name, Kind.CLIP)
        if is_picture(outcome.name):
            return SourceVideo(outcome.identity, outcome.video, source, Kind.PHOTOS, (outcome.name,))
        if outcome.video == PHOTOS and outcome.name == outcome.identity:
            return SourceVideo(outcome.identity, outcome.video, source / outcome.identity, Kind.PHOTOS)
        folder = source / outcome.identity / outcome.name
        return SourceVideo(outcome.identity, outcome.video, folder, Kind.FRAMES)

    def source_is_unchanged(self, item: SourceVideo, state: FileState, *, verify: bool) -> bool:
        """As StageFiles."""
        if item.kind is Kind.CLIP:
            return status_if_unchanged(str(item.path), state, verify=verify, follow_links=True) is not None
        if not verify and self._listing_is_unchanged(item, state):
            return True
        # Every picture that counts is read again; whatever else may have changed makes no difference.
        reader = item.reader(self._config)
        with suppress(Exception):
            for _ in reader.frames():
                pass
        return reader.state is not None and reader.state.sha256 == state.sha256

    def _listing_is_unchanged(self, item: SourceVideo, state: FileState) -> bool:
        names = sorted(item.names or picture_names(item.path), key=natural_key)
        try:
            statuses = [(item.path / name).stat() for name in names]
        except OSError:
            return False
        now = folder_state(names, statuses, ())
        return (now.size, now.mtime_ns) == (state.size, state.mtime_ns)

    def outputs_are_unchanged(self, item: SourceVideo, outputs: Mapping[str, FileState], *, verify: bool) -> bool:
        """As StageFiles. Prepared images are compared by their contents in any case: they are few and small."""
        mode = readers_of_video(item).mode
        for location, state in outputs.items():
            status = status_if_unchanged(self._path(item, location), state, verify=verify)
            if status is None or (location == SHEET and status.st_mode & ~mode & 0o044):
                return False
        record = read_record(self._target, item)
        return record is not None and files_are_unchanged(self._target, item, record.files, mode)

    def seems_finished(self, item: SourceVideo) -> bool:
        """As StageFiles. One without its record, which the table of all frames is made of, is done again too."""
        record = read_record(self._target, item)
        return record is None or bool(record.files)

    def shows_source(self, locations: Iterable[str]) -> bool:
        """As StageFiles. Whoever prepares a study may put its videos away afterwards: prepared images stay."""
        return False

    def remove(self, item: SourceVideo, locations: Collection[str]) -> None:
        """As StageFiles."""
        self._publisher.withdraw(item)

    def withdraw(self, item: SourceVideo) -> None:
        """As StageFiles."""
        self._publisher.withdraw(item)

    def _path(self, item: SourceVideo, location: str) -> str:
        return output_path(self._target, item.identity, item.video, location)
