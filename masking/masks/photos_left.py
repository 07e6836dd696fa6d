"""What still shows a photo once the photo itself has gone, and has to go too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from masking.core.config import Config
from masking.core.errors import PublishError
from masking.core.fingerprints import recipe_for
from masking.core.printable import printable
from masking.dataset.layout import Layout, layout_of
from masking.dataset.output_folder import belongs_to
from masking.dataset.outputs import FACE_SHOWING, KIND_AT
from masking.dataset.publishing import remove_outputs
from masking.dataset.tree import PreparedImage
from masking.pipeline.journal import Journal
from masking.pipeline.lock import run_lock
from masking.pipeline.outcome import Outcome
from masking.pipeline.resume import was_loose
from masking.report.records import remove_report


def remove_photos_left(config: Config, deleted: Sequence[Outcome]) -> list[str]:
    """Remove the files that show the face of images that have left the tree. Lines that tell of it."""
    said = []
    removed = 0
    for outcome in deleted:
        path = config.folders.input_folder / outcome.identity / outcome.video / outcome.image
        places = [place for place in outcome.outputs if KIND_AT[place] in FACE_SHOWING]
        try:
            remove_outputs(config.folders.output_folder, PreparedImage(outcome.identity, outcome.video, path), places)
            removed += 1
        except PublishError as error:
            said.append(f"{printable(outcome.place)} is gone, and what shows its face is not: {printable(error)}")
    if removed:
        said.append(
            f"{removed} images are no longer there; their textures and visualizations, which showed the face, went"
        )
    return said


def remove_photos_of_empty_tree(config: Config) -> None:
    """As `remove_photos_left`, where no image is left at all; the report, which shows them, goes too.

    Raises MaskingError where it can't be done.
    """
    folders = config.folders
    if not belongs_to(folders.output_folder, folders.input_folder):
        return
    with run_lock(folders.input_folder, folders.output_folder):
        remove_report(folders.output_folder)
        with Journal(folders.output_folder, recipe_for(config, b"")) as journal:
            remove_photos_left(config, list(_face_showing(journal, layout_of(config.folders))))


def _face_showing(journal: Journal, layout: Layout) -> Iterator[Outcome]:
    for _, record in journal.records(None, None):
        if not was_loose(record.outcome, layout) and any(
            KIND_AT[place] in FACE_SHOWING for place in record.outcome.outputs
        ):
            yield record.outcome
