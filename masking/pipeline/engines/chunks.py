"""The tree as a row of chunks: what is handed out together, and comes back in the tree's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from masking.pipeline.outcome import Item, Outcome

MAX_KNOWN = 256
"""Known outcomes in a chunk: they cost no work, but memory."""


class Chunk:
    """Consecutive items of the tree, of which some are outcomes from the start and the others become one."""

    def __init__(self, items: list[Item | Outcome]) -> None:
        self._items = items

    @property
    def to_do(self) -> dict[int, Item]:
        """The items that have no outcome yet, by their position."""
        return {position: item for position, item in enumerate(self._items) if not isinstance(item, Outcome)}

    def finish(self, position: int, outcome: Outcome) -> None:
        """Note what became of the item at `position`."""
        self._items[position] = outcome

    @property
    def outcomes(self) -> list[Outcome]:
        """The outcomes known so far, in order."""
        return [item for item in self._items if isinstance(item, Outcome)]


def chunked(items: Iterable[Item | Outcome], chunk_size: int) -> Iterator[Chunk]:
    """`items` in chunks with at most `chunk_size` items to do."""
    current: list[Item | Outcome] = []
    to_do = 0
    for item in items:
        current.append(item)
        to_do += not isinstance(item, Outcome)
        if to_do == chunk_size or len(current) >= MAX_KNOWN:
            yield Chunk(current)
            current, to_do = [], 0
    if current:
        yield Chunk(current)
