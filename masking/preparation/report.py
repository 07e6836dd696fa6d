"""prepared.csv, a line for every frame; and report.html, one page that shows what became of them."""

from __future__ import annotations

import base64
import os
import string
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

from masking.core.config import Config
from masking.core.config.options import PreparationOptions
from masking.core.errors import OutputFolderError
from masking.core.safe_files import Folder, WholeFile, partial_of, remove, unnamed_file
from masking.dataset.permissions import EVERYBODY, Readers, readers_of
from masking.pipeline.outcome import Outcome
from masking.preparation.chart import Bound, histogram_svg
from masking.preparation.files import PreparationFiles
from masking.preparation.flow import SAID, Flow
from masking.preparation.frame_rows import AXES, Histogram, header_line
from masking.preparation.outputs import RECORD, ROWS, SHEET, Thumbnail, VideoRecord, output_path
from masking.preparation.publishing import read_record
from masking.preparation.source import shown_path
from masking.preparation.status import Status, Verdict
from masking.report.web_page import BESIDE, MARK, page, part, text, write_whole_page

TABLE_NAME, REPORT_NAME = "prepared.csv", "report.html"
MAX_EMBEDDED = 1000
"""Videos up to which the page holds their sheets; a larger study's page shows the files beside it."""


class PreparationReport:
    """Takes outcomes as they come. As masking.pipeline's Report. The table is written in any case."""

    remark = ""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._files = PreparationFiles(config)
        self._target = config.folders.output_folder
        self._shows_page = config.output.report
        self._shows_photos = config.output.report and config.output.photos_in_report
        self._flow = Flow()
        self._histograms: dict[str, Histogram] = {axis.name: {} for axis in AXES}
        self._readers: Readers = EVERYBODY
        self._count = 0
        self.path = self._target / (REPORT_NAME if self._shows_page else TABLE_NAME)
        if not self._shows_photos:
            # An earlier run's page may show faces.
            with suppress(OSError):
                remove(self._target / REPORT_NAME)

    def __enter__(self) -> PreparationReport:
        try:
            self._table = WholeFile(self._target / TABLE_NAME, newline="")
        except OSError as error:
            raise self._failure(TABLE_NAME, error) from error
        self._table.file.write(header_line())
        self._cards = unnamed_file()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._cards.close()
        try:
            self._table.keep()
        except OSError as fault:
            raise self._failure(TABLE_NAME, fault) from fault

    def add(self, outcome: Outcome) -> None:
        """As Report."""
        has_record = RECORD in outcome.outputs
        record = read_record(str(self._target), self._files.item_of(outcome)) if has_record else None
        try:
            if record is not None:
                self._copy_rows(outcome)
            self._flow.add(outcome, record)
            self._add_histograms(record)
            if self._shows_page:
                self._cards.write(self._card(outcome, record))
        except OSError as error:
            raise self._failure(TABLE_NAME, error) from error
        self._count += 1

    def write(self, facts: Mapping[str, object]) -> None:
        """As Report."""
        if not self._shows_page:
            return
        title = f"Preparation of {self._config.folders.input_folder.name}"
        before, after = _page(title, self._parts(facts)).split(MARK)
        self._cards.seek(0)
        try:
            write_whole_page(self.path, chain([before], self._cards, [after]), self._readers)
        except OSError as error:
            raise self._failure(REPORT_NAME, error) from error

    def _copy_rows(self, outcome: Outcome) -> None:
        with suppress(FileNotFoundError), self._opened(outcome, ROWS) as rows:
            while chunk := rows.read(1 << 20):
                self._table.file.flush()
                self._table.file.buffer.write(chunk)

    def _opened(self, outcome: Outcome, location: str) -> IO[bytes]:
        path = output_path(str(self._target), outcome.identity, outcome.video, location)
        folder, name = os.path.split(path)
        with Folder(str(self._target), os.path.relpath(folder, self._target)) as opened:
            return opened.open_file(name)

    def _add_histograms(self, record: VideoRecord | None) -> None:
        for name, counts in (record.histograms if record else {}).items():
            into = self._histograms[name]
            for number, (kept, refused) in counts.items():
                so_far = into.setdefault(number, [0, 0])
                so_far[0] += kept
                so_far[1] += refused

    def _card(self, outcome: Outcome, record: VideoRecord | None) -> str:
        is_prepared = outcome.status == Status.PREPARED
        kept = record.verdicts.get(Verdict.KEPT, 0) if record else 0
        frames = f'<span class="numbers">{record.frames:,} frames, {kept:,} kept</span>' if record else ""
        reason = f'<span class="reason">{text(outcome.reason)}</span>' if outcome.reason else ""
        status = f'<span class="status {"" if is_prepared else "not-"}prepared">{text(outcome.status)}</span>'
        strip = self._strip(outcome, record) if record and record.sheet and self._shows_photos else ""
        name = f'<span class="name">{text(shown_path(outcome))}</span>'
        return f'<li><div class="card">{name}{strip}{status} {frames}{reason}</div></li>\n'

    def _strip(self, outcome: Outcome, record: VideoRecord) -> str:
        try:
            with self._opened(outcome, SHEET) as sheet:
                readers = readers_of(os.fstat(sheet.fileno()))
                content = sheet.read()
        except OSError:
            return ""
        if self._count < MAX_EMBEDDED:
            self._readers = self._readers.joined(readers)
            source = f"data:image/jpeg;base64,{base64.b64encode(content).decode('ascii')}"
        else:
            below = SHEET.replace("*", f"{outcome.identity}/{outcome.video}")
            source = quote(os.fsencode(below))
        alt = f"{len(record.sheet)} frames of {outcome.identity}, {outcome.name}"
        captions = "".join(map(_caption, record.sheet))
        return (
            f'<div class="strip" tabindex="0"><img src="{source}" alt="{text(alt)}">'
            f'<ul class="captions">{captions}</ul></div>'
        )

    def _parts(self, facts: Mapping[str, Any]) -> dict[str, str]:
        flow = self._flow
        options = self._config.preparation
        bounds = bounds_of(options)
        charts = [histogram_svg(axis, self._histograms[axis.name], bounds.get(axis.name, ())) for axis in AXES]
        prepared, videos = flow.statuses[Status.PREPARED], flow.statuses.total()
        headline = (
            f"<strong>{prepared:,} of {videos:,} videos prepared</strong>, {len(flow.prepared_identities):,} of "
            f"{len(flow.identities):,} identities: {flow.chosen['query']:,} images for the query, "
            f"{flow.chosen['database']:,} for the database"
        )
        return {
            "headline": headline,
            "flow": flow.markup,
            "charts": "".join(charts),
            "lacking": _lacking(flow.lacking_identities),
            "facts": _facts(facts, options, self._shows_photos),
            "sheet": MARK,
        }

    def _failure(self, name: str, error: OSError) -> OutputFolderError:
        return OutputFolderError(f"{partial_of(self._target / name)} can't be written: {error.strerror}")


def bounds_of(options: PreparationOptions) -> dict[str, list[Bound]]:
    """The bounds that `options` set, by the axis that they lie on."""

    def both(name: str, value: float) -> list[Bound]:
        if value >= 180:
            return []
        return [Bound("", -value, is_minimum=True), Bound(name, value, is_minimum=False)]

    minima = {
        "confidence": ("MIN_CONFIDENCE_FACE_DETECTOR", options.min_confidence_face_detector),
        "size": ("MIN_FACE_SIZE", float(options.min_face_size)),
        "sharpness": ("MIN_SHARPNESS", options.min_sharpness),
    }
    other = options.max_confidence_other_face
    return {
        **{axis: [Bound(name, value, is_minimum=True)] for axis, (name, value) in minima.items() if value},
        "other_confidence": [Bound("MAX_CONFIDENCE_OTHER_FACE", other, is_minimum=False)],
        "yaw": both("MAX_YAW", options.max_yaw),
        "pitch": both("MAX_PITCH", options.max_pitch),
        "roll": both("MAX_ROLL", options.max_roll),
    }


def _caption(thumbnail: Thumbnail) -> str:
    if thumbnail.chosen_for:
        return f'<li class="chosen">{text(thumbnail.chosen_for)}<br>{text(thumbnail.frame)}</li>'
    said = SAID.get(Verdict(thumbnail.verdict), thumbnail.verdict)
    note = f" ({text(thumbnail.note)})" if thumbnail.note else ""
    return f"<li>{text(said)}{note}<br>{text(thumbnail.frame)}</li>"


def _lacking(identities: Mapping[str, int]) -> str:
    if not identities:
        return "<p>None: of each identity at least one video was prepared.</p>"
    rows = "".join(
        f"<tr><th scope=row>{text(name)}</th><td>{count:,} lacking</td></tr>"
        if count
        else f"<tr><th scope=row>{text(name)}</th><td>no video that can be used</td></tr>"
        for name, count in identities.items()
    )
    return f"<table><caption>{len(identities):,} identities without a prepared video</caption>{rows}</table>"


def _facts(facts: Mapping[str, Any], options: PreparationOptions, with_folders: bool) -> str:
    folders = [("Source", facts["input_folder"]), ("Target", facts["output_folder"])] if with_folders else []
    software = facts["software"]
    run = [
        *folders,
        ("Started", facts["started"]),
        ("Ended", facts["ended"]),
        ("Workers", facts["workers"]),
        ("Software", f"{software['name']} {software['version']}, Python {software['python']}"),
        *facts["models"].items(),
    ]
    settings = [(name.upper(), value) for name, value in options.model_dump(mode="json").items()]
    return "".join(_table(title, rows) for title, rows in (("Run", run), ("[PREPARATION]", settings)))


def _table(title: str, rows: list[tuple[str, Any]]) -> str:
    lines = "".join(f"<tr><th scope=row>{text(key)}</th><td>{text(value)}</td></tr>" for key, value in rows)
    return f"<table><caption>{text(title)}</caption>{lines}</table>"


def _page(title: str, parts: Mapping[str, str]) -> str:
    body = string.Template(part("masking.preparation", "preparation.html")).substitute(title=text(title), **parts)
    sheets = [part("masking.report", "base.css"), part("masking.report", "report.css")]
    style = "".join([*sheets, part("masking.preparation", "preparation.css")])
    return page(title, body, style=style, pictures=BESIDE)
