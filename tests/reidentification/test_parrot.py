"""An attacker who adapts the recogniser to masks, and never to those who are tested."""

from __future__ import annotations

import numpy as np
import pytest

from masking.core.config.options import ReidentificationOptions
from masking.reidentification import parrot
from masking.reidentification.comparison import Enrolled, compare
from masking.reidentification.enroller import vector_name
from masking.reidentification.kinds import Kind
from masking.reidentification.protocols import Protocol
from masking.reidentification.samples import Sample, Samples
from masking.reidentification.setups import Attack
from masking.reidentification.study import Conduct


def side(seed: int, *, nuisance: float, people: int = 30, signal: float = 1.0) -> Samples:
    """Masks that show a person, under something that differs from image to image in three directions."""
    random, shared = np.random.default_rng(seed), np.random.default_rng(7)
    shown = signal * shared.normal(size=(people, 24))
    directions = shared.normal(size=(3, 24))
    shift = {kind: 3 * shared.normal(size=24) for kind in Kind}
    samples = []
    for person in range(people):
        for image in range(2):
            base = shown[person] + nuisance * random.normal(size=3) @ directions
            vectors = {
                vector_name("made", kind): (base + shift[kind] + 0.3 * random.normal(size=24)).astype(np.float32)
                for kind in Kind
            }
            samples.append(Sample(f"p{person:02}", "1", str(image), f"{seed}{person}{image}", vectors))
    return Samples.of(samples)


def rank_1(query: Samples, database: Samples, attack: Attack) -> tuple[float, float, float]:
    options = ReidentificationOptions(resamples=200, controls=False, geometry=False)
    rows = Conduct(options, ["made"]).study(query, database).rows
    row = next(
        one for one in rows if (one.protocol, one.setup, one.attack) == (Protocol.ALL, "MaskOnly2MaskOnly", attack)
    )
    assert row.figures is not None
    figure = row.figures.named["rank_1"]
    assert figure.chance is not None
    return figure.low, figure.value, figure.chance if attack is Attack.PARROT else figure.high


def test_what_differs_from_image_to_image_is_learnt_and_played_down() -> None:
    query, database = side(1, nuisance=4), side(2, nuisance=4)
    low, value, _ = rank_1(query, database, Attack.PARROT)
    _, plain, high = rank_1(query, database, Attack.PLAIN)
    assert low > high, (value, plain)


def test_where_there_is_nobody_to_be_seen_nothing_is_learnt() -> None:
    query, database = side(1, nuisance=1, signal=0), side(2, nuisance=1, signal=0)
    low, _, chance = rank_1(query, database, Attack.PARROT)
    assert low <= chance


def test_the_tested_are_never_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[set[int]] = []
    tested: list[set[int]] = []
    original = parrot.Adaptation

    class Spy(original):  # type: ignore[misc,valid-type]
        def __init__(self, training: dict[Kind, Enrolled]) -> None:
            learnt.append({int(one) for held in training.values() for one in held.people})
            super().__init__(training)

        def adapted(self, held: Enrolled, kind: Kind) -> Enrolled:
            tested.append(set(held.people.tolist()) | (tested.pop() if len(tested) == len(learnt) else set()))
            return super().adapted(held, kind)

    monkeypatch.setattr(parrot, "Adaptation", Spy)
    rank_1(side(1, nuisance=1), side(2, nuisance=1), Attack.PARROT)
    assert len(learnt) == len(tested) >= 2 * parrot.HALVINGS
    for one, other in zip(learnt, tested, strict=True):
        assert not one & other
        assert len(one | other) == 30


def test_each_half_is_tested_once_in_each_halving() -> None:
    pairs = list(parrot.halves(range(9), 3, 0))
    assert [sorted([*learnt, *tested]) for learnt, tested in pairs] == [list(range(9))] * 6
    assert [learnt.tolist() for learnt, _ in pairs[::2]] == [tested.tolist() for _, tested in pairs[1::2]]


def test_more_numbers_than_images_are_no_difficulty() -> None:
    random = np.random.default_rng(0)
    people = np.repeat(np.arange(4), 2)
    training = {Kind.PHOTO: Enrolled(random.normal(size=(8, 512)).astype(np.float32), people)}
    held = Enrolled(random.normal(size=(8, 512)).astype(np.float32), people)
    adapted = parrot.Adaptation(training).adapted(held, Kind.PHOTO)
    assert np.isfinite(adapted.vectors).all()
    compare(adapted, adapted)
