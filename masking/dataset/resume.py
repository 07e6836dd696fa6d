"""Which images of a tree need no work, because what an earlier run noted of them still holds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from masking.dataset.journal import Journal, Key, Record, key_of
from masking.dataset.outputs import ALL_PLACES, output_paths
from masking.dataset.tree import PreparedImage, RefusedEntry
from masking.errors import Status
from masking.fingerprint import Recipe
from masking.hashing import sha256_of_file
from masking.outcome import FileState, Outcome

BATCH = 256
"""Entries whose records are looked up together."""

Entry = PreparedImage | RefusedEntry


class EarlierOutcomes:
    """Compares the tree with the journal.

    verify: compare contents, where otherwise equal size and modification time are enough. force: nothing that was noted
    holds. vanished counts, once the tree has been walked to its end, masked images in the journal that the tree no
    longer holds; their outputs are left alone.
    """

    def __init__(self, journal: Journal, recipe: Recipe, output_folder: Path, *, verify: bool, force: bool) -> None:
        self._journal = journal
        self._recipe = recipe
        self._output_folder = str(output_folder)
        self._verify = verify
        self._force = force
        self.vanished = 0

    def sort_out(self, entries: Iterable[Entry]) -> Iterator[PreparedImage | Outcome]:
        """For each of `entries`, in the order in which the tree is walked: its outcome where that is known without
        work, else the image itself.
        """
        entries, after = iter(entries), None
        while batch := list(islice(entries, BATCH)):
            keys = [_key(entry) for entry in batch]
            # A refused entry may lie at another depth, where its key does not sort as it is walked.
            last = max((key for key, entry in zip(keys, batch, strict=True) if _is_image(entry)), default=after)
            known = self._look_up(set(keys), after, last) if last is not None else {}
            after = last
            for key, entry in zip(keys, batch, strict=True):
                yield self._sort_out(entry, known.get(key))
        for _, record in self._journal.records(after, None):
            self._count_vanished(record)

    def _look_up(self, keys: set[Key], after: Key | None, upto: Key) -> dict[Key, Record]:
        known = {}
        for key, record in self._journal.records(after, upto):
            if key in keys:
                known[key] = record
            else:
                self._count_vanished(record)
        return known

    def _count_vanished(self, record: Record) -> None:
        self.vanished += record.outcome.status is Status.MASKED

    def _sort_out(self, entry: Entry, record: Record | None) -> PreparedImage | Outcome:
        if isinstance(entry, RefusedEntry):
            return outcome_of_refused(entry)
        return record.outcome if record is not None and self._holds(record, entry) else entry

    def _holds(self, record: Record, image: PreparedImage) -> bool:
        outcome = record.outcome
        if self._force or record.recipe != self._recipe or outcome.source is None or outcome.status is Status.FAILED:
            # What failed may have failed for want of memory or disk, and what could not be read may be readable now.
            return False
        if not self._agrees(str(image.path), outcome.source, follow_links=True):
            return False
        if outcome.status is not Status.MASKED:
            return not any(map(os.path.lexists, output_paths(self._output_folder, image, ALL_PLACES)))
        paths = output_paths(self._output_folder, image, outcome.outputs)
        return all(
            self._agrees(path, state, follow_links=False)
            for path, state in zip(paths, outcome.outputs.values(), strict=True)
        )

    def _agrees(self, path: str, recorded: FileState, *, follow_links: bool) -> bool:
        """Whether the file is the one that was recorded; where only its time has changed, its content decides."""
        with suppress(OSError):
            status = os.stat(path, follow_symlinks=follow_links)  # noqa: PTH116
            if not stat.S_ISREG(status.st_mode) or status.st_size != recorded.size:
                return False
            if status.st_mtime_ns == recorded.mtime_ns and not self._verify:
                return True
            return bytes.fromhex(sha256_of_file(Path(path))) == recorded.sha256
        return False


def outcome_of_refused(entry: RefusedEntry) -> Outcome:
    """The outcome of an entry that the walk refused; identity and video as far as its path tells."""
    folders = entry.relative_path.parent.parts
    identity, video = (*folders[:1], "")[0], "/".join(folders[1:])
    return Outcome(identity, video, entry.relative_path.name, Status.UNREADABLE, entry.reason)


def _is_image(entry: Entry) -> bool:
    return isinstance(entry, PreparedImage)


def _key(entry: Entry) -> Key:
    if isinstance(entry, PreparedImage):
        return key_of(entry.identity, entry.video, entry.path.name)
    outcome = outcome_of_refused(entry)
    return key_of(outcome.identity, outcome.video, outcome.image)
