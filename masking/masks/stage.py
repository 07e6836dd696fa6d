"""Masking as a stage: prepared images -> overlays and masks beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from masking.core.config import Config
from masking.core.config.presets import departures
from masking.core.errors import EmptyTreeError
from masking.dataset.flat_names import walk_for_outputs
from masking.dataset.layout import describe, layout_of
from masking.dataset.layout_advice import explain_layout
from masking.dataset.layout_choice import with_layout
from masking.dataset.outputs import ALL_LOCATIONS, KIND_AT, output_locations
from masking.dataset.tree import PreparedImage, RefusedEntry
from masking.dataset.write_access import check_before_the_work
from masking.masks.details import COLUMNS, MaskStatistics, are_sound, cells
from masking.masks.files import MaskFiles
from masking.masks.folder_of_its_own import why_apart, with_folder_of_its_own
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome, PassedOver, refused
from masking.pipeline.output_folder import check_owner
from masking.pipeline.stage import Cost, Processor, Report, Stage, Words

BLOCK_BYTES = 4096
"""File systems give out space in blocks, of this size nearly everywhere."""


class MaskStage(Stage):
    """As Stage. Its items are the prepared images of INPUT_FOLDER."""

    name = "mask"
    words = Words("Masking", "image", "images", "masked", "Without a mask", ", and beside each image")
    statuses = tuple(map(str, Status))
    finished = str(Status.MASKED)
    sections = ("reconstruction", "landmarks", "rendering", "output", "run")
    locations = ALL_LOCATIONS
    columns = COLUMNS

    def settled(self, config: Config) -> Config:
        """As Stage. The layout of the tree is found out."""
        from masking.masks.photos_left import remove_photos_of_empty_tree

        config = with_folder_of_its_own(config)
        try:
            return with_layout(config)
        except EmptyTreeError:
            remove_photos_of_empty_tree(self, config)
            raise

    def depth(self, config: Config) -> int:
        """As Stage."""
        return layout_of(config.folders).depth

    def layout(self, config: Config) -> str:
        """As Stage."""
        return describe(config.folders)

    def named(self, config: Config, outcome: Outcome) -> Outcome:
        """As Stage. In a flat folder names tell, or each image is an identity of its own."""
        if outcome.identity or outcome.video:
            return outcome
        person = layout_of(config.folders).identity_of("", outcome.name)
        return dataclasses.replace(outcome, person=person)

    def also_written(self, config: Config) -> str:
        """As Stage."""
        beside = " alone" if config.output.outputs == "backup" else self.words.also_written
        return f", one folder a kind, as the original's{beside}" if config.output.has_flat_backup else beside

    def output_layout(self, config: Config) -> str:
        """As Stage."""
        return config.output.output_layout

    def check(self, config: Config) -> None:
        """As Stage. Raises ReadOnlyTreeError where nothing can be written beside the images, ConfigError where
        OUTPUT_FOLDER can't take this tree's masks.
        """
        check_owner(config.folders.output_folder, config.folders.input_folder, self.output_layout(config))
        check_before_the_work(config)

    def why_empty(self, config: Config) -> str:
        """As Stage."""
        return explain_layout(config.folders)

    def walk(self, config: Config) -> Iterator[PreparedImage | Outcome | PassedOver]:
        """As Stage."""
        passed: list[PassedOver] = []
        folders = config.folders
        entries = walk_for_outputs(
            folders.input_folder,
            layout_of(folders),
            lambda place, why: passed.append(PassedOver(place.as_posix(), why)),
            flat_backup=config.output.has_flat_backup,
        )
        for entry in entries:
            yield refused(entry, entry.reason) if isinstance(entry, RefusedEntry) else entry
            yield from passed
            passed.clear()
        yield from passed

    def load(self, config: Config) -> Processor:
        """As Stage."""
        from masking.reconstruction.registry import read_ahead

        # Files are hashed while the rest is imported, which takes as long.
        read_ahead(config)
        from batch_helper import ImageMasker

        return ImageMasker(config)

    def files(self, config: Config) -> MaskFiles:
        """As Stage."""
        return MaskFiles(config)

    def choices(self, config: Config) -> Iterable[str]:
        """As Stage."""
        from masking.reconstruction.registry import choose_reconstructor

        yield ", because ".join(choose_reconstructor(config))

    def stand_ins(self, config: Config) -> Sequence[str]:
        """As Stage."""
        from masking.masks.stand_ins import stand_ins

        return stand_ins(config)

    def warnings(self, config: Config) -> Iterable[str]:
        """As Stage."""
        from masking.masks.exporter import warnings_for

        yield from why_apart(config)
        if said := departures(config):
            yield f"PRESET = {config.output.preset}, but {', '.join(said)}"
        yield from warnings_for(config.output)

    def after_run(self, config: Config, source_showing_left: Sequence[Outcome]) -> Sequence[str]:
        """As Stage."""
        from masking.masks.photos_left import remove_photos_left

        return remove_photos_left(self, config, source_showing_left)

    def loose(self, item: PreparedImage) -> PreparedImage:
        """As Stage."""
        return PreparedImage(identity="", video="", path=item.path)

    def cost(self, outcome: Outcome, config: Config) -> Cost:
        """As Stage. A loose image's outputs are written once, those of an image in a tree also beside it."""
        backup_only, flat = config.output.outputs == "backup", config.output.has_flat_backup
        sizes = {
            KIND_AT[place]: -(-state.size // BLOCK_BYTES) * BLOCK_BYTES for place, state in outcome.outputs.items()
        }
        beside = sum(size * (len(output_locations(kind, backup_only, flat=flat)) - 1) for kind, size in sizes.items())
        seconds = outcome.seconds + (outcome.step_seconds.get("publish", 0.0) if beside else 0.0)
        return Cost(seconds, sum(sizes.values()) + beside, beside)

    def are_sound(self, details: Mapping[str, object]) -> bool:
        """As Stage."""
        return are_sound(details)

    def cells(self, outcome: Outcome) -> Sequence[object]:
        """As Stage."""
        return cells(outcome)

    def statistics(self) -> MaskStatistics:
        """As Stage."""
        return MaskStatistics()

    def open_report(self, config: Config) -> Report | None:
        """As Stage."""
        from masking.report.html_report import HtmlReport, remove_report

        output = config.output
        stays = output.report and output.photos_in_report
        remove_report(config.folders.output_folder, what_was_begun_only=stays)
        return HtmlReport(config) if output.report else None
