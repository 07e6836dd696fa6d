"""report.html: one page that shows a run, with everything it needs inside, or its pictures beside it for large runs.

File names and reasons are strangers' text. They stand in the page as JSON without a `<`, scripts put them into it as
text only, and the page's own policy lets nothing be fetched, nor any script run but its own.
"""

from __future__ import annotations

import json
import os
import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from masking.core.config import Config
from masking.core.errors import OutputFolderError
from masking.core.safe_files import partial_of, remove, unnamed_file
from masking.dataset import PreparedImage
from masking.dataset.layout import layout_of
from masking.dataset.outputs import MASK_PAIR, locations_of, output_paths
from masking.dataset.permissions import EVERYBODY, readers_of_file
from masking.masks.details import details_of
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome
from masking.report.thumbnails import are_jpeg_thumbnails, pictures_in_report, thumbnails
from masking.report.web_page import BESIDE, MARK, page, part, text, write_whole_page
from masking.report.without_paths import WithoutPaths

REPORT_NAME = "report.html"
MAX_EMBEDDED = 2000
"""Images up to which thumbnails are embedded; in a larger run's report the pictures are the files in OUTPUT_FOLDER."""
SCRIPTS = ("names.js", "charts.js", "facts.js", "pictures.js", "sheet.js", "page.js")
STYLES = ("base.css", "report.css")
STATUSES = list(Status)


class HtmlReport:
    """Collects outcomes while they come, on the disk, and writes the page at the end."""

    def __init__(self, config: Config) -> None:
        self._folders = config.folders
        self._max_megapixels = config.run.max_megapixels
        self._with_photos = config.output.photos_in_report
        self._flat_backup = config.output.has_flat_backup
        self._kinds = pictures_in_report(config.output)
        self._numbers: dict[str, dict[str, int]] = {"identities": {}, "videos": {}, "reasons": {}}
        self._count = 0
        self._pictures: list[Sequence[Path | bytes | None]] = []
        self._readers = EVERYBODY
        self._without_paths = WithoutPaths(
            {"INPUT_FOLDER": self._folders.input_folder, "OUTPUT_FOLDER": self._folders.output_folder}
        )
        self.path = self._folders.output_folder / REPORT_NAME
        self.remark = " (shows the photos; PHOTOS_IN_REPORT = no leaves them out)" if self._with_photos else ""

    def __enter__(self) -> HtmlReport:
        self._rows = unnamed_file()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._rows.close()

    def add(self, outcome: Outcome) -> None:
        """Add one outcome. Raises OutputFolderError where the disk takes no more."""
        details = details_of(outcome)
        row = [
            self._number("identities", outcome.whose),
            self._number("videos", outcome.video),
            outcome.name,
            STATUSES.index(Status(outcome.status)),
            self._number("reasons", self._shared(outcome.reason or _note(outcome))),
            None if details.score is None else round(details.score, 4),
            None if details.coverage is None else round(details.coverage, 4),
            None if details.survivor_score is None else round(details.survivor_score, 4),
            round(outcome.seconds, 4),
            int(outcome.recorded),
            int(self._shows_photo(outcome)),
        ]
        try:
            self._rows.write(f"{',' if self._count else ''}{_embeddable(row)}\n")
        except OSError as error:
            raise OutputFolderError(f"the report's rows can't be kept: {error.strerror}") from error
        self._count += 1
        if self._count <= MAX_EMBEDDED:
            self._pictures.append(self._pictures_of(outcome))
            self._note_readers(outcome)
        else:
            # The pictures of a larger run stay outside, each with readers of its own.
            self._readers = EVERYBODY
            self._pictures.clear()

    def write(self, facts: Mapping[str, object]) -> None:
        """Write report.html whole or not at all. Raises OutputFolderError."""
        before, after = _page(f"Masks of {self._folders.input_folder.name}").split(MARK)
        try:
            write_whole_page(self.path, chain([before], self._data(facts), [after]), self._readers)
        except OSError as error:
            raise OutputFolderError(f"{partial_of(self.path)} can't be written: {error.strerror}") from error

    def _note_readers(self, outcome: Outcome) -> None:
        """The page may be read by those only who may read each photo that is in it."""
        if not self._shows_photo(outcome):
            return
        photo = self._folders.input_folder / outcome.identity / outcome.video / outcome.name
        self._readers = self._readers.joined(readers_of_file(photo))

    def _shared(self, value: Any) -> Any:
        """`value` as it may stand in this page: one without photos is for others, whom our folders are no concern."""
        return value if self._with_photos else self._without_paths.value(value)

    def _data(self, facts: Mapping[str, object]) -> Iterator[str]:
        embedded = self._count <= MAX_EMBEDDED
        photo_folder = os.path.relpath(
            os.path.realpath(self._folders.input_folder), os.path.realpath(self._folders.output_folder)
        )
        head = {
            "run": self._shared(facts),
            "statuses": [status.value for status in STATUSES],
            "pictures": {
                "kinds": list(self._kinds),
                "embedded": embedded,
                "flat": layout_of(self._folders).depth == 0,
                "flat_backup": self._flat_backup,
                "photo_folder": quote(os.fsencode(photo_folder)) if self._with_photos else None,
            },
            **{name: list(numbers) for name, numbers in self._numbers.items()},
        }
        yield f'{_embeddable(head)[:-1]},"thumbnails":['
        if embedded:
            for number, pictures in enumerate(thumbnails(self._pictures, self._max_megapixels)):
                yield f"{',' if number else ''}{_embeddable(pictures)}\n"
        yield '],"rows":['
        self._rows.seek(0)
        yield from self._rows
        yield "]}"

    def _number(self, column: str, text: str) -> int:
        numbers = self._numbers[column]
        return numbers.setdefault(text, len(numbers))

    def _shows_photo(self, outcome: Outcome) -> bool:
        """Only what was read as a photo below INPUT_FOLDER is shown; a link that leaves it, for one, never was."""
        return self._with_photos and outcome.source is not None

    def _pictures_of(self, outcome: Outcome) -> Sequence[Path | bytes | None]:
        """Thumbnails, or else the files that they are made from."""
        is_masked, was_read = outcome.status == Status.MASKED, outcome.source is not None
        if is_masked and was_read and are_jpeg_thumbnails(outcome.thumbnails, len(self._kinds)):
            return outcome.thumbnails
        path = self._folders.input_folder / outcome.identity / outcome.video / outcome.name
        image = PreparedImage(outcome.identity, outcome.video, path, flat_backup=self._flat_backup)
        places = [locations_of(kind, image)[0] for kind in MASK_PAIR]
        overlay, mask_only = map(Path, output_paths(str(self._folders.output_folder), image, places))
        paths: dict[str, Path | None] = {
            "photo": path if self._shows_photo(outcome) else None,
            "overlay": overlay if is_masked else None,
            "mask_only": mask_only if is_masked else None,
        }
        return [paths[kind] for kind in self._kinds]


def remove_report(output_folder: Path, *, what_was_begun_only: bool = False) -> None:
    """Remove an earlier run's report, and what one that was killed had begun to write. Raises OutputFolderError."""
    path = output_folder / REPORT_NAME
    try:
        remove(partial_of(path))
        if not what_was_begun_only:
            remove(path)
    except OSError as error:
        raise OutputFolderError(f"{error.filename}, an earlier run's, can't be removed: {error.strerror}") from error


def _note(outcome: Outcome) -> str:
    """What whoever looks at a masked image should know."""
    count = details_of(outcome).other_faces
    if not count:
        return ""
    faces = "1 other face was" if count == 1 else f"{count} other faces were"
    return f"{faces} found and left as in the photo"


def _page(title: str) -> str:
    """The page with a mark where its data belong."""
    style = "".join(part("masking.report", name) for name in STYLES)
    script = "\n".join(part("masking.report", name) for name in SCRIPTS)
    template = string.Template(part("masking.report", "report.html"))
    body = template.substitute(title=text(title), script=script, data=MARK)
    return page(title, body, style=style, script=script, pictures=BESIDE)


def _embeddable(value: object) -> str:
    """JSON that can't end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
