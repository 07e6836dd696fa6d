"""Which items of a tree need no work, because what an earlier run recorded still holds; and for the others, which
files are in their way that no run has written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from itertools import islice

from masking.core.errors import PublishError
from masking.pipeline.journal import Journal, Key, Record, key_of
from masking.pipeline.outcome import FAILED, Item, Outcome
from masking.pipeline.recipe import Recipe
from masking.pipeline.stage import StageFiles

BATCH = 256
"""Entries whose records are looked up together."""


class EarlierOutcomes:
    """Compares the tree with the journal.

    files: where the items' files are. finished: the status of an item that has all of its files.
    verify: compare contents, where otherwise equal size and modification time are enough. force: nothing that was
    recorded holds. depth: folders between the tree and an item. removes: remove what an earlier run wrote for an item
    that is refused now. Once the tree has been walked to its end, vanished counts finished items in the journal that
    the tree no longer holds, and source_showing_left are those of them that have files which show what has gone.
    """

    def __init__(
        self,
        journal: Journal,
        recipe: Recipe,
        files: StageFiles,
        finished: str,
        *,
        verify: bool,
        force: bool,
        removes: bool = False,
        depth: int = 2,
    ) -> None:
        self._journal = journal
        self._recipe = recipe
        self._files = files
        self._finished = finished
        self._verify = verify
        self._force = force
        self._removes = removes
        self._depth = depth
        self.vanished = 0
        self.source_showing_left: list[Outcome] = []

    def sort_out(self, entries: Iterable[Item | Outcome]) -> Iterator[Item | Outcome]:
        """For each of `entries`, items and outcomes of what was refused, in the order in which the tree is walked: its
        outcome where that is known without work, else the item itself.
        """
        entries, after = iter(entries), None
        while batch := list(islice(entries, BATCH)):
            keys = [_key(entry) for entry in batch]
            # A refused entry may be at another depth, where its key does not sort as it is walked.
            last = max(
                (key for key, entry in zip(keys, batch, strict=True) if self._sorts_as_walked(entry)), default=after
            )
            known = self._look_up(set(keys), after, last) if last is not None else {}
            items = [self._sort_out(entry, known.get(key)) for key, entry in zip(keys, batch, strict=True)]
            owned = dict(self._journal.owned(after, last)) if last is not None else {}
            after = last
            yield from self._begun(items, known, owned)
        for key, record in self._journal.records(after, None):
            self._note_vanished(key, record)

    def _begun(
        self, entries: list[Item | Outcome], known: dict[Key, Record], owned: dict[Key, frozenset[str]]
    ) -> list[Item | Outcome]:
        """`entries`, of which the items know what is in their way; all else at their locations is from now on
        ours.
        """
        items = [entry for entry in entries if not isinstance(entry, Outcome)]
        if not items:
            return entries
        keys = [_key(item) for item in items]
        ours = [{*owned.get(key, ()), *(known[key].outcome.outputs if key in known else ())} for key in keys]
        looked_at = self._files.with_foreign(items, ours)
        everywhere = frozenset(self._files.locations)
        self._journal.begin((key, everywhere - item.foreign) for key, item in zip(keys, looked_at, strict=True))
        coming = iter(looked_at)
        return [entry if isinstance(entry, Outcome) else next(coming) for entry in entries]

    def _sorts_as_walked(self, entry: Item | Outcome) -> bool:
        return not isinstance(entry, Outcome) or len(entry.relative_path.split("/")) == self._depth + 1

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
        if outcome.video and not outcome.identity:
            # A loose item, which was never in the tree.
            return
        self.vanished += outcome.status == self._finished
        if self._files.shows_source(outcome.outputs):
            self.source_showing_left.append(outcome)

    def _sort_out(self, entry: Item | Outcome, record: Record | None) -> Item | Outcome:
        if isinstance(entry, Outcome):
            return self._refuse(entry, record)
        return record.outcome if record is not None and self._holds(record, entry) else entry

    def _refuse(self, outcome: Outcome, record: Record | None) -> Outcome:
        """The outcome of a refused entry. It may have been an item with outputs in the last run."""
        if record is None or not record.outcome.outputs or not self._removes:
            return outcome
        try:
            self._files.remove(self._files.item_of(outcome), record.outcome.outputs.keys())
        except PublishError as error:
            return dataclasses.replace(outcome, status=FAILED, reason=f"{outcome.reason}; and {error}")
        self._journal.write([outcome])
        return outcome

    def _holds(self, record: Record, item: Item) -> bool:
        outcome = record.outcome
        if self._force or record.recipe != self._recipe or outcome.source is None or outcome.status == FAILED:
            # What failed may have failed for want of memory or disk, and what could not be read may be readable now.
            return False
        if not self._files.source_is_unchanged(item, outcome.source, verify=self._verify):
            return False
        if outcome.status != self._finished:
            return not self._files.seems_finished(item)
        if not set(self._files.demanded) <= outcome.outputs.keys():
            return False
        return self._files.outputs_are_unchanged(item, outcome.outputs, verify=self._verify)


def _key(entry: Item | Outcome) -> Key:
    return key_of(entry.identity, entry.video, entry.name)
