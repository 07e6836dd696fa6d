"""What still shows a photo once the photo itself has gone, and has to go too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from masking.core.config import Config
from masking.core.errors import PublishError
from masking.core.printable import printable
from masking.dataset.outputs import FACE_SHOWING, KIND_AT
from masking.pipeline.journal import Journal
from masking.pipeline.lock import run_lock
from masking.pipeline.outcome import Outcome
from masking.pipeline.output_folder import belongs_to
from masking.pipeline.recipe import recipe_for
from masking.pipeline.stage import Stage


def remove_photos_left(stage: Stage, config: Config, deleted: Sequence[Outcome]) -> list[str]:
    """Remove the files that show the face of images that have left the tree. Lines that say so."""
    said = []
    removed, files = 0, stage.files(config)
    for outcome in deleted:
        showing = [location for location in outcome.outputs if KIND_AT[location] in FACE_SHOWING]
        try:
            files.remove(files.item_of(outcome), showing)
            removed += 1
        except PublishError as error:
            said.append(
                f"{printable(outcome.relative_path)} is gone, but what shows its face is not: {printable(error)}"
            )
    if removed:
        said.append(
            f"{removed} images are no longer there; their textures and visualizations, which showed the face, "
            "were removed"
        )
    return said


def remove_photos_of_empty_tree(stage: Stage, config: Config) -> None:
    """As `remove_photos_left`, where no image is left at all; the report, which shows them, goes too.

    Raises MaskingError where it can't be done.
    """
    from masking.report.html_report import remove_report

    folders = config.folders
    if not belongs_to(folders.output_folder, folders.input_folder):
        return
    with run_lock(folders.input_folder, folders.output_folder):
        remove_report(folders.output_folder)
        with Journal(folders.output_folder, stage, recipe_for(stage, config, b"")) as journal:
            remove_photos_left(stage, config, list(_source_showing(stage, config, journal)))


def _source_showing(stage: Stage, config: Config, journal: Journal) -> Iterator[Outcome]:
    files = stage.files(config)
    for _, record in journal.records(None, None):
        if (record.outcome.identity or not record.outcome.video) and files.shows_source(record.outcome.outputs):
            yield record.outcome
