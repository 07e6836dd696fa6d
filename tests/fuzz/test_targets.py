"""The fuzzer's corpus, and everything that fuzzing has found, without the fuzzer."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzz import targets
from fuzz.make_corpus import CORPUS
from fuzz.mutation import with_right_checksums
from fuzz.targets import TARGETS, BrokenPromiseError
from masking.dataset.images import decode_image

FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_of_the_corpus_is_read_or_refused(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_a_corpus_of_which_something_is_accepted() -> None:
    assert {path.parent.name for path in FILES} == set(TARGETS)
    assert decode_image((CORPUS / "image" / "deep.png").read_bytes(), 1.0).shape == (9, 9, 3)


@pytest.mark.parametrize("place", [20, 60])
def test_mutations_get_past_the_checksums(place: int) -> None:
    content = (CORPUS / "image" / "rgb.png").read_bytes()
    damaged = bytearray(content)
    damaged[-1] ^= 255
    assert with_right_checksums(bytes(damaged)) == content
    assert with_right_checksums(content[:place]) == content[:place][:8] + with_right_checksums(content[:place])[8:]


def test_a_reader_that_acts_or_gives_objects_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "unpickle_arrays", pickle.loads)
    with pytest.raises(BrokenPromiseError, match=r"find_class|os"):
        targets.pickled_arrays((CORPUS / "pickled_arrays" / "program.pkl").read_bytes())

    def as_objects(content: bytes) -> Any:
        return {"deep": [np.array([object()], object)]}

    monkeypatch.setattr(targets, "unpickle_arrays", as_objects)
    with pytest.raises(BrokenPromiseError, match="array of objects"):
        targets.pickled_arrays(b"")
