"""Chunks hold a bounded number of images, and lose nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from masking.dataset import PreparedImage
from masking.masks.status import Status
from masking.pipeline.engines.chunks import MAX_KNOWN, chunked
from masking.pipeline.outcome import Outcome

IMAGE = PreparedImage("Ada", "1", Path("a_prep.png"))
KNOWN = Outcome("Ada", "1", "b_prep.png", Status.MASKED)


@given(st.lists(st.booleans(), max_size=600), st.integers(1, 20))
def test_every_item_is_in_one_chunk_in_its_order(to_do: list[bool], chunk_size: int) -> None:
    items = [IMAGE if image else KNOWN for image in to_do]
    chunks = list(chunked(items, chunk_size))
    assert [len(chunk.to_do) <= chunk_size for chunk in chunks] == [True] * len(chunks)
    sizes = [len(chunk.to_do) + len(chunk.outcomes) for chunk in chunks]
    assert sum(sizes) == len(items)
    assert max(sizes, default=0) <= MAX_KNOWN
    assert sum(len(chunk.to_do) for chunk in chunks) == sum(to_do)


def test_a_finished_image_takes_its_place_among_the_known_outcomes() -> None:
    (chunk,) = chunked([KNOWN, IMAGE, KNOWN], 5)
    assert list(chunk.to_do) == [1]
    done = Outcome("Ada", "1", "a_prep.png", Status.NO_FACE)
    chunk.finish(1, done)
    assert chunk.to_do == {}
    assert chunk.outcomes == [KNOWN, done, KNOWN]
