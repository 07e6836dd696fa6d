"""One video's way: read -> see -> judge -> draw -> prove -> publish. It is read once, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.config import Config
from masking.core.config.options import PreparationOptions
from masking.core.errors import ItemError
from masking.core.fingerprints import fingerprint
from masking.core.safe_files import unnamed_binary_file
from masking.dataset.images import read_image_file
from masking.dataset.png import encode_png
from masking.pipeline.attempt import Attempt
from masking.pipeline.outcome import Outcome
from masking.preparation.crop import crop_as_original, crop_square
from masking.preparation.details import PreparationDetails
from masking.preparation.fit_proof import FitProof
from masking.preparation.frame_rows import FrameRow, FrameRows, Summary, csv_line
from masking.preparation.frames import Frame
from masking.preparation.judge import NOTHING, Judge, Sight, verdict
from masking.preparation.outputs import TREES, VideoRecord, frame_name, prepared_name
from masking.preparation.publishing import VideoOutputs, VideoPublisher
from masking.preparation.selection import Candidate, Pool, capacity_for, choose, rank_of
from masking.preparation.sheet import Sheet
from masking.preparation.source import SourceVideo
from masking.preparation.status import CrashedError, StalledError, Status, Verdict

Picture = npt.NDArray[np.uint8]
CROPS = {"square": crop_square, "original": crop_as_original}
FRAME_JPEG_QUALITY = 95
_Attempt: TypeAlias = Attempt[SourceVideo, PreparationDetails]


@dataclass
class _Watched:
    """What is gathered while a video is read."""

    rows: FrameRows
    pool: Pool
    sheet: Sheet = field(default_factory=Sheet)
    frames: int = 0
    kept: int = 0
    changed: dict[int, Verdict] = field(default_factory=dict)


@dataclass(frozen=True)
class _Chosen:
    """A chosen frame, the tree that it goes into, and the name of its prepared image."""

    candidate: Candidate
    tree: str
    name: str


class VideoPreparer:
    """Loaded models and everything else that preparing one video after another needs. As masking.pipeline's Processor.

    Raises ModelFileError where a model can't be loaded.
    """

    batch_size = 1

    def __init__(self, config: Config) -> None:
        self._config = config
        self._options: PreparationOptions = config.preparation
        self._judge = Judge()
        self._proof = FitProof(self._options)
        self._publisher = VideoPublisher(config.folders.output_folder)

    @property
    def models(self) -> dict[str, str]:
        """As Processor."""
        return {"faces": self._judge.description}

    @property
    def fingerprint(self) -> bytes:
        """As Processor."""
        return fingerprint({"models": self.models, "files": self._judge.fingerprint})

    def process(self, items: Sequence[SourceVideo]) -> Iterator[Outcome]:
        """Prepare each of `items`, or write down why not. As Processor."""
        for video in items:
            attempt = _Attempt(video, PreparationDetails())
            with attempt.alone():
                self._prepare(attempt)
            if attempt.error:
                attempt.withdraw(self._publisher.withdraw)
            yield attempt.outcome

    def flush(self) -> None:
        """As Processor."""
        self._publisher.flush()

    def _prepare(self, attempt: _Attempt) -> None:
        video, needed = attempt.item, self._options.query_frames + self._options.database_frames
        reader = video.reader(self._config)
        fault: ItemError | None = None
        with FrameRows() as rows, unnamed_binary_file() as lines:
            watched = _Watched(rows, Pool(capacity_for(needed, self._options.size)))
            try:
                for frame in _timed(attempt, "read", reader.frames()):
                    with attempt.step("judge"):
                        self._watch(video, frame, watched)
            except ItemError as error:
                fault = error
            # A decoder may have died or hung for lack of memory or time: the next run tries again.
            attempt.source = None if isinstance(fault, StalledError | CrashedError) else reader.state
            if fault is not None and attempt.source is None:
                raise fault
            with attempt.step("prove"):
                chosen = [] if fault else self._choose(video, watched, needed)
            lacking = needed - len(chosen)
            attempt.details = PreparationDetails(watched.frames, watched.kept, lacking=lacking)
            if lacking:
                for one in chosen:
                    watched.sheet.choose(one.candidate.name, "", one.candidate.crop)
                chosen = []
            with attempt.step("publish"):
                outputs = self._outputs(video, watched, chosen, lacking, lines)
                attempt.outputs = self._publisher.publish(video, outputs)
            self._conclude(attempt, chosen, lacking, outputs.record, fault)

    def _watch(self, video: SourceVideo, frame: Frame, watched: _Watched) -> None:
        sight = NOTHING if frame.picture is None else self._judge.see(frame.picture)
        said = Verdict.UNREADABLE if frame.picture is None else verdict(sight, self._options)
        row = FrameRow.of(frame, sight, said)
        watched.rows.add(row)
        watched.frames += 1
        if said is not Verdict.KEPT:
            watched.sheet.refuse(row, frame.picture, sight)
            return
        watched.kept += 1
        rank = rank_of(self._options.seed, video.identity, video.video, frame.name)
        if watched.pool.wants(rank):
            watched.pool.add(self._candidate(rank, frame, sight))

    def _candidate(self, rank: int, frame: Frame, sight: Sight) -> Candidate:
        if frame.picture is None or sight.face is None:
            raise TypeError("a frame without a face is not a candidate")
        options = self._options
        crop = CROPS[options.crop](frame.picture, sight.face.box, options.margin, options.size)
        whole, ending = _whole_frame(frame, self._config.run.max_megapixels) if options.keep_frames else (b"", "")
        return Candidate(rank, frame.index, frame.name, frame.seconds, crop, whole, ending)

    def _choose(self, video: SourceVideo, watched: _Watched, needed: int) -> list[_Chosen]:
        known: dict[int, Verdict] = {}

        def is_proven(candidate: Candidate) -> bool:
            if candidate.index not in known:
                said = self._proof.verdict(_rgb(candidate.crop))
                known[candidate.index] = said
                if said is not Verdict.KEPT:
                    watched.changed[candidate.index] = said
                    watched.kept -= 1
                    watched.sheet.refuse_crop(candidate.name, said, candidate.crop)
            return known[candidate.index] is Verdict.KEPT

        drawn = choose(watched.pool.drawn, needed, self._options.gap, is_proven)
        # As the original, whose first goes into the database.
        trees = [TREES[0]] * self._options.database_frames + [TREES[1]] * self._options.query_frames
        return [
            _Chosen(candidate, tree, prepared_name(video.identity, candidate.name))
            for candidate, tree in zip(drawn, trees, strict=False)
        ]

    def _outputs(
        self, video: SourceVideo, watched: _Watched, chosen: Sequence[_Chosen], lacking: int, lines: IO[bytes]
    ) -> VideoOutputs:
        contents: dict[tuple[str, str], bytes] = {}
        for one in chosen:
            contents[one.tree, one.name] = encode_png(_rgb(one.candidate.crop))
            if one.candidate.frame:
                name = frame_name(video.identity, one.candidate.name, one.candidate.frame_ending)
                contents[one.tree, name] = one.candidate.frame
            watched.sheet.choose(one.candidate.name, one.tree, one.candidate.crop)
        summary = _write_lines(video, watched, chosen, lines)
        record = VideoRecord(
            frames=watched.frames,
            lacking=lacking,
            verdicts=dict(sorted(summary.verdicts.items())),
            histograms=summary.histograms,
            sheet=watched.sheet.thumbnails,
        )
        return VideoOutputs(record, contents, lines, watched.sheet.jpeg)

    def _conclude(
        self, attempt: _Attempt, chosen: Sequence[_Chosen], lacking: int, record: VideoRecord, fault: ItemError | None
    ) -> None:
        counts = {tree: sum(one.tree == tree for one in chosen) for tree in TREES}
        attempt.details = replace(attempt.details, **counts)
        if fault is not None:
            attempt.end(fault)
        elif lacking:
            attempt.status, attempt.reason = Status.TOO_FEW_FRAMES, _why_too_few(record, lacking)
        else:
            attempt.status = Status.PREPARED


def _timed(attempt: _Attempt, step: str, frames: Iterator[Frame]) -> Iterator[Frame]:
    """`frames`, the wait for each timed as the step `step`."""
    while True:
        with attempt.step(step):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _write_lines(video: SourceVideo, watched: _Watched, chosen: Sequence[_Chosen], lines: IO[bytes]) -> Summary:
    """Write the frames' lines of prepared.csv, and sum them up."""
    summary, by_index = Summary(), {one.candidate.index: one for one in chosen}
    for row in watched.rows.read(watched.changed):
        summary.add(row)
        one = by_index.get(row.index)
        line = csv_line(video.identity, video.video, row, one.tree if one else "", one.name if one else "")
        lines.write(line.encode("utf-8", "surrogateescape"))
    return summary


def _why_too_few(record: VideoRecord, lacking: int) -> str:
    refused = sorted(
        ((count, name) for name, count in record.verdicts.items() if name != Verdict.KEPT), key=lambda one: -one[0]
    )
    why = ", ".join(f"{name} {count}" for count, name in refused) or "there are no more"
    what = "frame is" if lacking == 1 else "frames are"
    return f"{lacking} {what} lacking: {record.verdicts.get(Verdict.KEPT, 0)} of {record.frames} kept ({why})"


def _whole_frame(frame: Frame, max_megapixels: float) -> tuple[bytes, str]:
    """The frame as a file's content, and that file's ending: its own file as it is, or a JPEG of a video's frame."""
    if frame.path is not None:
        return read_image_file(frame.path, max_megapixels)[0], frame.path.suffix
    if frame.picture is None:
        raise TypeError("the frame can't be read")
    _, content = cv2.imencode(".jpg", frame.picture, [cv2.IMWRITE_JPEG_QUALITY, FRAME_JPEG_QUALITY])
    return content.tobytes(), ".jpg"


def _rgb(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
