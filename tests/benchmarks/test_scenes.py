"""The made pictures by which masks are judged know where everybody's eyes, noses and mouths are."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scenes.kinds import KINDS, Cast
from benchmarks.scenes.portraits import VIEWS, Portrait, load_portraits, seen_from
from benchmarks.scenes.scene import Scene, framed, share_to_be_seen
from masking.faces.keypoints import disagreement
from masking.faces.mesh_network import KEYPOINT_VERTICES
from tests.fits import finder


@pytest.fixture(scope="module")
def portraits() -> dict[str, Portrait]:
    return {portrait.name: portrait for portrait in load_portraits()}


def keypoints(points: np.ndarray) -> np.ndarray:
    return np.stack([points[list(vertices), :2].mean(axis=0) for vertices in KEYPOINT_VERTICES])


def test_the_truth_of_a_portrait_is_where_the_eye_sees_it(portraits: dict[str, Portrait]) -> None:
    """Eyes, nose tip and mouth read off by eye."""
    expected = np.array([(203, 101), (247, 103), (223, 126), (222, 147)])
    assert np.abs(keypoints(portraits["Eileen_Collins"].points) - expected).max() < 6


@pytest.mark.parametrize("view", VIEWS)
def test_a_head_that_is_turned_is_where_its_truth_says(portraits: dict[str, Portrait], view: tuple[int, int]) -> None:
    turned = seen_from(portraits["Grace_Hopper"], *view)
    picture, person = framed(turned, 0, 1.9)
    (found,) = finder().find(picture).people
    assert disagreement(found.face.keypoints, keypoints(person.points)) < 0.15


def test_what_is_covered_can_not_be_seen_and_the_rest_can(portraits: dict[str, Portrait]) -> None:
    picture, person = framed(portraits["Eileen_Collins"], 0, 1.9)
    scene = Scene("plain", picture, (person,))
    assert share_to_be_seen(scene, person, picture) == 1
    assert share_to_be_seen(scene, person, 255 - picture) == 0
    half = picture.copy()
    middle = int(person.points[:, 0].mean())
    half[:, :middle] = 255 - half[:, :middle]
    assert share_to_be_seen(scene, person, half) == 1, "one eye is bare"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_and_a_seed_give_the_same_picture_again(portraits: dict[str, Portrait], kind: str) -> None:
    cast = Cast([portraits["Eileen_Collins"]])
    first, again, other = (KINDS[kind](np.random.default_rng(seed), cast) for seed in (3, 3, 4))
    assert np.array_equal(first.picture, again.picture)
    assert first.picture.shape != other.picture.shape or not np.array_equal(first.picture, other.picture)
    assert len(first.people) >= (0 if kind == "empty" else 1)
