"""One image after another, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from masking.dataset import PreparedImage, RefusedEntry
from masking.engines.interruption import Interruption
from masking.errors import Status
from masking.outcome import Outcome


def run_in_this_process(
    entries: Iterable[PreparedImage | RefusedEntry],
    mask: Callable[[PreparedImage], Outcome],
    interruption: Interruption,
) -> Iterator[Outcome]:
    """Outcomes of `entries` in their order, one for each, until the last or until `interruption` asks to stop."""
    for entry in entries:
        if interruption.requested:
            return
        yield outcome_of_refused(entry) if isinstance(entry, RefusedEntry) else mask(entry)


def outcome_of_refused(entry: RefusedEntry) -> Outcome:
    """The outcome of an entry that the walk refused; identity and video as far as its path tells."""
    folders = entry.relative_path.parent.parts
    identity, video = (*folders[:1], "")[0], "/".join(folders[1:])
    return Outcome(identity, video, entry.relative_path.name, Status.UNREADABLE, entry.reason)
