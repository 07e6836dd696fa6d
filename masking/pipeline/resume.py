"""Which images of a tree need no work, because what an earlier run noted of them still holds; and of the others, which
files stand in their way that no run has written.
"""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from masking.core.config.options import OutputOptions
from masking.core.errors import PublishError, Status
from masking.core.fingerprints import Recipe
from masking.core.hashing import sha256_of_regular_file
from masking.dataset.layout import IDENTITY_VIDEO, Layout
from masking.dataset.outputs import (
    ALL_PLACES,
    FACE_SHOWING,
    KIND_AT,
    MASK_ONLY,
    OVERLAY,
    PHOTO_SHOWING,
    demanded_places,
    output_paths,
    output_places,
)
from masking.dataset.publishing import OutputPublisher
from masking.dataset.standing import StandingFiles
from masking.dataset.tree import PreparedImage, RefusedEntry
from masking.pipeline.journal import Journal, Key, Record, key_of
from masking.pipeline.outcome import FileState, Outcome

BATCH = 256
"""Entries whose records are looked up together."""
READABLE_BY_OTHERS = 0o044

MASK_PLACES = (*output_places(OVERLAY), *output_places(MASK_ONLY))
"""Where every masked image has a file, whatever the options."""

Entry = PreparedImage | RefusedEntry


class EarlierOutcomes:
    """Compares the tree with the journal.

    verify: compare contents, where otherwise equal size and modification time are enough. force: nothing that was noted
    holds. options: what every masked image has. publisher: removes what an earlier run wrote for an image that is
    refused now. Once the tree has been walked to its end, vanished counts masked images in the journal that the tree no
    longer holds, and face_showing_left are those of them that have files which show the face.
    """

    def __init__(
        self,
        journal: Journal,
        recipe: Recipe,
        output_folder: Path,
        *,
        verify: bool,
        force: bool,
        options: OutputOptions | None = None,
        publisher: OutputPublisher | None = None,
        layout: Layout = IDENTITY_VIDEO,
    ) -> None:
        self._journal = journal
        self._recipe = recipe
        self._output_folder = str(output_folder)
        self._verify = verify
        self._force = force
        self._publisher = publisher
        self._layout = layout
        self._backup_only = options is not None and options.outputs == "backup"
        self._demanded = set(demanded_places(options)) if options else set(MASK_PLACES)
        self.vanished = 0
        self.face_showing_left: list[Outcome] = []

    def sort_out(self, entries: Iterable[Entry]) -> Iterator[PreparedImage | Outcome]:
        """For each of `entries`, in the order in which the tree is walked: its outcome where that is known without
        work, else the image itself.
        """
        entries, after = iter(entries), None
        while batch := list(islice(entries, BATCH)):
            keys = [_key(entry) for entry in batch]
            # A refused entry may lie at another depth, where its key does not sort as it is walked.
            last = max(
                (key for key, entry in zip(keys, batch, strict=True) if self._has_its_place(entry)), default=after
            )
            known = self._look_up(set(keys), after, last) if last is not None else {}
            items = [self._sort_out(entry, known.get(key)) for key, entry in zip(keys, batch, strict=True)]
            owned = dict(self._journal.owned(after, last)) if last is not None else {}
            after = last
            yield from self._begun(items, known, owned)
        for key, record in self._journal.records(after, None):
            self._note_vanished(key, record)

    def _begun(
        self, items: list[PreparedImage | Outcome], known: dict[Key, Record], owned: dict[Key, frozenset[str]]
    ) -> list[PreparedImage | Outcome]:
        """`items`, of which the images know what stands in their way; all else at their places is from now on ours."""
        standing = StandingFiles(self._output_folder)
        begun: dict[Key, frozenset[str]] = {}
        result: list[PreparedImage | Outcome] = []
        for item in items:
            if isinstance(item, PreparedImage):
                key = _key(item)
                ours = set(owned.get(key, ()))
                if key in known:
                    ours.update(known[key].outcome.outputs)
                item = dataclasses.replace(item, backup_only=self._backup_only)
                item = dataclasses.replace(item, foreign=standing.foreign_places(item, ours))
                begun[key] = frozenset(ALL_PLACES) - item.foreign
            result.append(item)
        if begun:
            self._journal.begin(begun.items())
        return result

    def _has_its_place(self, entry: Entry) -> bool:
        """Whether its key sorts as it is walked."""
        return isinstance(entry, PreparedImage) or len(entry.relative_path.parts) == self._layout.depth + 1

    def _look_up(self, keys: set[Key], after: Key | None, upto: Key) -> dict[Key, Record]:
        known = {}
        for key, record in self._journal.records(after, upto):
            if key in keys:
                known[key] = record
            else:
                self._note_vanished(key, record)
        return known

    def _note_vanished(self, key: Key, record: Record) -> None:
        outcome = record.outcome
        if was_loose(outcome, self._layout):
            return
        self.vanished += outcome.status is Status.MASKED
        if any(KIND_AT[place] in FACE_SHOWING for place in outcome.outputs):
            self.face_showing_left.append(outcome)

    def _sort_out(self, entry: Entry, record: Record | None) -> PreparedImage | Outcome:
        if isinstance(entry, RefusedEntry):
            return self._refuse(entry, record)
        return record.outcome if record is not None and self._holds(record, entry) else entry

    def _refuse(self, entry: RefusedEntry, record: Record | None) -> Outcome:
        """The outcome of a refused entry. It may have been an image with a mask when the last run came by."""
        outcome = outcome_of_refused(entry)
        if record is None or not record.outcome.outputs or self._publisher is None:
            return outcome
        try:
            self._publisher.remove(PreparedImage(outcome.identity, outcome.video, entry.path), record.outcome.outputs)
        except PublishError as error:
            reason = f"{outcome.reason}; and {error}"
            return dataclasses.replace(outcome, status=Status.FAILED, reason=reason)
        self._journal.write([outcome])
        return outcome

    def _holds(self, record: Record, image: PreparedImage) -> bool:
        outcome = record.outcome
        if self._force or record.recipe != self._recipe or outcome.source is None or outcome.status is Status.FAILED:
            # What failed may have failed for want of memory or disk, and what could not be read may be readable now.
            return False
        photo = self._status_if_agreeing(str(image.path), outcome.source, follow_links=True)
        if photo is None:
            return False
        if outcome.status is not Status.MASKED:
            return not any(map(os.path.lexists, output_paths(self._output_folder, image, MASK_PLACES)))
        if not self._demanded <= outcome.outputs.keys():
            return False
        paths = output_paths(self._output_folder, image, outcome.outputs)
        return all(
            self._output_holds(path, place, state, photo)
            for path, (place, state) in zip(paths, outcome.outputs.items(), strict=True)
        )

    def _output_holds(self, path: str, place: str, state: FileState, photo: os.stat_result) -> bool:
        status = self._status_if_agreeing(path, state, follow_links=False)
        if status is None:
            return False
        return KIND_AT[place] not in PHOTO_SHOWING or not status.st_mode & ~photo.st_mode & READABLE_BY_OTHERS

    def _status_if_agreeing(self, path: str, recorded: FileState, *, follow_links: bool) -> os.stat_result | None:
        """The file's status where it is the one that was recorded; where only its time has changed, its content
        decides.
        """
        with suppress(OSError):
            status = os.stat(path, follow_symlinks=follow_links)  # noqa: PTH116
            if not stat.S_ISREG(status.st_mode) or status.st_size != recorded.size:
                return None
            if status.st_mtime_ns == recorded.mtime_ns and not self._verify:
                return status
            if bytes.fromhex(sha256_of_regular_file(path, follow_links=follow_links)) == recorded.sha256:
                return status
        return None


def was_loose(outcome: Outcome, layout: Layout) -> bool:
    """Whether it is of an image that stood in no tree. Earlier versions noted these as images of a flat folder are."""
    if outcome.identity:
        return False
    return bool(outcome.video) or not (layout.depth == 0 or any("/" not in place for place in outcome.outputs))


def outcome_of_refused(entry: RefusedEntry) -> Outcome:
    """The outcome of an entry that the walk refused; identity and video as far as its path tells."""
    folders = entry.relative_path.parent.parts
    identity, video = (*folders[:1], "")[0], "/".join(folders[1:])
    return Outcome(identity, video, entry.relative_path.name, Status.UNREADABLE, entry.reason)


def _key(entry: Entry) -> Key:
    if isinstance(entry, PreparedImage):
        return key_of(entry.identity, entry.video, entry.path.name)
    outcome = outcome_of_refused(entry)
    return key_of(outcome.identity, outcome.video, outcome.image)
