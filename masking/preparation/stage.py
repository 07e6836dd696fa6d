"""Preparation as a stage: videos -> prepared images in a query and a database tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from masking.core.config import Config
from masking.core.errors import ConfigError
from masking.pipeline.outcome import Outcome
from masking.pipeline.stage import Processor, Report, Stage, Words
from masking.preparation.details import COLUMNS, PreparationStatistics, are_sound, cells
from masking.preparation.files import PreparationFiles
from masking.preparation.outputs import LOCATIONS
from masking.preparation.source import EXPECTED, SourceVideo, shown_path, walk
from masking.preparation.status import Status

FRAMES_TRIED = 50
"""Frames of a video that a dry run looks at."""


class PrepareStage(Stage):
    """As Stage. Its items are the videos of INPUT_FOLDER, which the command calls SOURCE; OUTPUT_FOLDER is TARGET."""

    name = "prepare"
    words = Words("Preparing", "source", "videos", "prepared", "Not prepared")
    statuses = tuple(map(str, Status))
    finished = str(Status.PREPARED)
    sections = ("preparation", "run")
    locations = LOCATIONS
    columns = COLUMNS

    def shown_path(self, outcome: Outcome) -> str:
        """As Stage."""
        return shown_path(outcome)

    def check(self, config: Config) -> None:
        """As Stage. Raises ConfigError where the options contradict one another."""
        options = config.preparation
        if options.every > 1 and options.fps:
            raise ConfigError(["[PREPARATION] EVERY and FPS both say which frames are examined; set only one of them"])
        if not options.query_frames + options.database_frames:
            raise ConfigError(
                ["[PREPARATION] QUERY_FRAMES and DATABASE_FRAMES are both 0: there is nothing to prepare"]
            )
        super().check(config)

    def why_empty(self, config: Config) -> str:
        """As Stage."""
        return f"{config.folders.input_folder} holds no video, no folder of frames and no photo. {EXPECTED}"

    def walk(self, config: Config) -> Iterator[SourceVideo | Outcome]:
        """As Stage."""
        return walk(config)

    def load(self, config: Config) -> Processor:
        """As Stage."""
        from masking.preparation.processor import VideoPreparer

        return VideoPreparer(config)

    def files(self, config: Config) -> PreparationFiles:
        """As Stage."""
        return PreparationFiles(config)

    def after_run(self, config: Config, source_showing_left: Sequence[Outcome]) -> Sequence[str]:
        """As Stage."""
        from masking.preparation.report import TABLE_NAME

        target = config.folders.output_folder
        return [
            f"Every frame: {target / TABLE_NAME}",
            f"To mask: --input-folder {target / 'query'}, and {target / 'database'}",
        ]

    def loose(self, item: SourceVideo) -> SourceVideo:
        """As Stage. A dry run looks at the beginning of a video."""
        return dataclasses.replace(item, max_frames=FRAMES_TRIED)

    def are_sound(self, details: Mapping[str, object]) -> bool:
        """As Stage."""
        return are_sound(details)

    def cells(self, outcome: Outcome) -> Sequence[object]:
        """As Stage."""
        return cells(outcome)

    def statistics(self) -> PreparationStatistics:
        """As Stage."""
        return PreparationStatistics()

    def open_report(self, config: Config) -> Report:
        """As Stage."""
        from masking.preparation.report import PreparationReport

        return PreparationReport(config)
