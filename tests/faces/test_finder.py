"""People are found whichever way up they are, and proven by models that agree; everything else stays unproven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from masking.core.errors import FitUnprovenError, ItemError, LowConfidenceError, NoFaceError, SeveralFacesError
from masking.faces.center_face import Hints
from masking.faces.detector import Detection
from masking.faces.evidence import Scores
from masking.faces.finder import Bounds, FaceFinder, FoundFaces, Miss, matter
from masking.faces.keypoints import disagreement
from masking.faces.looks import Candidate, lies_in_picture, merged, tiles
from masking.faces.selection import select
from masking.masks.status import Status
from tests.fits import finder


def rgb(picture: np.ndarray) -> np.ndarray:
    return np.dstack([picture] * 3) if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, :3])


def turned(picture: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture turned about its middle, its border going on; and the matrix (2, 3) that turns its points."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1.0)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), matrix


@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_a_face_is_found_the_right_way_up_whatever_its_angle(crop: np.ndarray, angle: int) -> None:
    upright = finder().find(crop).people[0].face.keypoints
    picture, matrix = turned(crop, angle)
    (person,) = finder().find(picture).people
    expected = upright @ matrix[:, :2].T + matrix[:, 2]
    assert disagreement(person.face.keypoints, expected) < 0.15
    assert disagreement(person.witness.keypoints[:4], expected) < 0.33


@pytest.mark.parametrize("radius", [3, 5, 7, 9])
@pytest.mark.parametrize("name", ["Eileen_Collins", "Grace_Hopper"])
def test_a_blurred_face_is_proven_where_it_is_or_not_at_all(
    example_crops: dict[str, np.ndarray], name: str, radius: int
) -> None:
    expected = finder().find(example_crops[name]).people[0].face.keypoints
    found = finder().find(cv2.GaussianBlur(example_crops[name], (0, 0), radius))
    for person in found.people:
        assert disagreement(person.face.keypoints, expected) < 0.33


def test_a_small_face_in_a_large_photo_is_found(crop: np.ndarray) -> None:
    photo = np.full((1120, 1120, 3), 90, np.uint8)
    photo[450:650, 300:500] = cv2.resize(crop, (200, 200))
    (person,) = finder().find(photo).people
    assert np.abs(person.face.keypoints.mean(axis=0) - [400, 550]).max() < 30


@pytest.mark.parametrize("name", ["Eileen_Collins", "Grace_Hopper"])
def test_a_whole_face_that_reaches_to_the_border_is_proven(example_crops: dict[str, np.ndarray], name: str) -> None:
    crop = example_crops[name]
    face = finder().find(crop).people[0].face
    left, top, right, bottom = (int(edge) for edge in np.concatenate([np.floor(face.box[:2]), np.ceil(face.box[2:])]))
    (person,) = finder().find(np.ascontiguousarray(crop[top:bottom, left:right])).people
    assert disagreement(person.face.keypoints, face.keypoints - [left, top]) < 0.15


@pytest.mark.parametrize("name", ["coins", "clock", "coffee", "rocket"])
def test_nothing_is_proven_where_there_is_no_face(name: str) -> None:
    found = finder().find(rgb(getattr(skimage.data, name)()))
    assert found.people == ()
    with pytest.raises(ItemError):
        select(found, "refuse")


def test_a_picture_of_nothing_has_not_even_a_candidate() -> None:
    with pytest.raises(NoFaceError, match="found no face"):
        select(finder().find(np.full((64, 200, 3), 128, np.uint8)), "refuse")


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3), (3, 2000, 3)])
def test_odd_shapes_do_no_harm(shape: tuple[int, int, int]) -> None:
    assert finder().find(np.zeros(shape, np.uint8), "all").people == ()


def test_everybody_is_found_where_everybody_is_wanted(crop: np.ndarray) -> None:
    photo = np.full((800, 1200, 3), 120, np.uint8)
    corners = [(0, 0), (0, 500), (0, 980), (500, 100), (500, 550), (500, 900)]
    for top, left in corners:
        photo[top : top + 210, left : left + 210] = cv2.resize(crop, (210, 210))
    people = finder().find(photo, "all").people
    middles = sorted(tuple(person.face.keypoints.mean(axis=0).round(-1)) for person in people)
    assert len(middles) == 6
    assert len(set(middles)) == 6


def test_the_largest_is_the_largest_proven_person(crowd: np.ndarray) -> None:
    selection = select(finder().find(crowd, "largest"), "largest")
    assert selection.people[0].face.size > 150


def test_several_proven_people_are_refused_unless_asked_for(crowd: np.ndarray) -> None:
    found = finder().find(crowd, "all")
    with pytest.raises(SeveralFacesError, match="2 faces found"):
        select(found, "refuse")
    assert [len(select(found, policy).people) for policy in ("largest", "all")] == [1, 2]
    assert len(select(found, "largest").left) == 1


def test_what_is_left_of_a_masked_picture_is_searched(crowd: np.ndarray) -> None:
    person = finder().find(crowd).people[0]
    masked = np.zeros(crowd.shape[:2], np.uint8)
    cv2.fillConvexPoly(masked, cv2.convexHull(person.face.points[:, :2].round().astype(np.int32)), 1)
    suspects = finder().suspects(crowd, [masked.astype(bool)], ())
    worst = max(suspects, key=lambda suspect: suspect.scores.log_odds)
    assert worst.scores.log_odds > 2
    assert np.abs(worst.candidate.detection.center - [378, 70]).max() < 30
    masked[:140, 308:] = 1
    assert all(suspect.scores.log_odds < 0 for suspect in finder().suspects(crowd, [masked.astype(bool)], ()))


def test_less_than_half_a_face_at_the_border_is_judged_with_its_mirror_image(
    example_crops: dict[str, np.ndarray],
) -> None:
    """To CenterFace less than half a face that ends at the border is hardly one."""
    crop = example_crops["Grace_Hopper"]
    columns = finder().find(crop).people[0].face.points[:, 0]
    cut = int(columns.min() + 0.45 * np.ptp(columns))
    picture = np.full((448, 448, 3), 120, np.uint8)
    picture[100:324, 448 - cut :] = crop[:, :cut]
    suspects = finder().suspects(picture, [np.zeros(picture.shape[:2], bool)], ())
    worst = max(suspects, key=lambda suspect: suspect.scores.log_odds)
    assert worst.scores.cut_off
    assert worst.scores.mesh > 0.9
    assert worst.scores.log_odds > 2


def suspects_on_masks(photos: list[Path]) -> int:
    found = 0
    for photo in photos:
        crop = np.asarray(Image.open(photo).convert("RGB"))
        hull = np.zeros(crop.shape[:2], np.uint8)
        points = finder().find(crop).people[0].face.points[:, :2]
        cv2.fillConvexPoly(hull, cv2.convexHull(points.round().astype(np.int32)), 1)
        for suspect in finder().suspects(crop, [hull.astype(bool)], ()):
            u, v = suspect.candidate.detection.center.clip(0, 223).astype(int)
            found += int(hull[v, u])
    return found


def test_masks_distract_less_than_in_an_even_colour(example_trees: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = sorted(example_trees.rglob("*_prep.png"))
    found = suspects_on_masks(photos)
    monkeypatch.setattr("masking.faces.chessboard.CONTRAST", 0)
    assert found < suspects_on_masks(photos) / 2


def miss(bound: str, face_score: float) -> FoundFaces:
    value = {"MIN_SCORE": face_score, "MIN_DETECTOR_SCORE": 0.61, "MAX_DISAGREEMENT": 0.5}[bound]
    return FoundFaces((), (), (Miss(bound, value, 0.75, face_score, 0.61),))


@pytest.mark.parametrize(
    ("found", "status", "error", "words"),
    [
        (FoundFaces((), (), ()), Status.NO_FACE, NoFaceError, "no face"),
        (miss("MIN_SCORE", 0.003), Status.NO_FACE, NoFaceError, "best score 0.003"),
        (miss("MIN_SCORE", 0.7), Status.LOW_CONFIDENCE, LowConfidenceError, "0.70, below MIN_SCORE"),
        (miss("MIN_DETECTOR_SCORE", 1.0), Status.FIT_UNPROVEN, FitUnprovenError, "MIN_DETECTOR_SCORE 0.61"),
        (miss("MAX_DISAGREEMENT", 1.0), Status.FIT_UNPROVEN, FitUnprovenError, "MAX_DISAGREEMENT 0.50"),
    ],
)
def test_a_refusal_says_which_bound_was_missed(
    found: FoundFaces, status: Status, error: type[ItemError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        select(found, "refuse")
    assert caught.value.status == status
    assert bool(caught.value.missed) == bool(found.misses)


def test_bounds_are_those_of_the_configuration(crop: np.ndarray) -> None:
    blurred = cv2.GaussianBlur(crop, (0, 0), 5)
    strict = FaceFinder(Bounds(mesh=0.9999999, detector=0.9)).find(blurred)
    assert strict.people == ()
    assert strict.misses


def test_more_evidence_never_makes_a_face_less_likely() -> None:
    lowest = Scores(0.3, 0.1, 0.2, 0.01, 0.01)
    for model in ("short", "crowd", "close", "mtcnn", "mesh"):
        assert replace(lowest, **{model: 0.9}).log_odds > lowest.log_odds


@given(*[st.floats(0, 1)] * 5)
def test_what_is_given_up_could_not_have_become_a_face(
    short: float, crowd: float, close: float, mtcnn: float, mesh: float
) -> None:
    """Whatever the networks that weren't asked had said."""
    asked_none = Scores(short, crowd, close)
    asked_one = replace(asked_none, mtcnn=mtcnn)
    due = replace(asked_one, mesh=mesh).log_odds - 1e-9
    assert asked_none.hopeful_log_odds() >= asked_one.hopeful_log_odds() - 1e-9
    assert asked_one.hopeful_log_odds() >= due
    assert replace(asked_one, mesh=mesh).hopeful_log_odds() == pytest.approx(due)


def candidate(left: float, short: float, crowd: float) -> Candidate:
    box = np.array([left, 0.0, left + 10, 10.0])
    return Candidate(Detection(box, np.zeros((6, 2)), max(short, crowd)), short, crowd)


def test_one_place_seen_by_two_detectors_is_one_candidate_with_both_scores() -> None:
    kept = merged([candidate(0, 0.4, 0.0), candidate(2, 0.0, 0.6), candidate(50, 0.3, 0.0)])
    assert [(each.short, each.crowd) for each in kept] == [(0.4, 0.6), (0.3, 0.0)]


@pytest.mark.parametrize(("height", "width"), [(224, 224), (500, 700), (1024, 1024), (4096, 1000), (1700, 1650)])
def test_tiles_cover_a_large_picture_and_overlap(height: int, width: int) -> None:
    covered = np.zeros((height, width), int)
    for left, top, right, bottom in tiles(height, width):
        covered[top:bottom, left:right] += 1
    if max(height, width) < 400:
        assert covered.max() == 0
    else:
        assert covered.min() >= 1


@pytest.mark.parametrize(
    ("box", "lies"),
    [
        ((10, 10, 30, 30), True),
        ((-12, 40, 8, 60), True),
        ((-13, 40, 7, 60), False),
        ((-6, -6, 14, 14), True),
        ((-8, -8, 12, 12), False),
        ((-40, 40, -20, 60), False),
        ((-40, -40, -20, -20), False),
        ((92, 89, 112, 109), False),
    ],
)
def test_too_little_of_a_region_in_the_picture_makes_no_face(box: tuple[int, ...], lies: bool) -> None:
    """Two fifths of its area must lie there, whether one border cuts it off or two."""
    assert lies_in_picture(Detection(np.array(box, float), np.zeros((4, 2)), 0.5), 100, 100) is lies


@pytest.mark.parametrize("size", [100, 1000])
def test_faint_hints_matter_only_away_from_masks(size: int) -> None:
    hull = np.zeros((size, size), bool)
    hull[: size // 2, : size // 2] = True
    shares = np.array([[0.25, 0.25], [0.25, 0.55], [0.25, 0.55], [0.25, 0.65], [0.9, 0.9]])
    hints = Hints(shares * size, np.array([0.9, 0.05, 0.09, 0.05, 0.05], np.float32))
    assert matter(hints, hull, size / 2).tolist() == [False, False, True, True, True]
    assert matter(hints, np.zeros_like(hull), 0.0).all(), "where nothing is masked"
    assert matter(Hints(shares[:0], hints.scores[:0]), hull, size / 2).shape == (0,)


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("name", ["Eileen_Collins", "Grace_Hopper"])
def test_another_face_is_seen_whichever_way_up_it_is(
    name: str, turns: int, example_crops: dict[str, np.ndarray]
) -> None:
    picture = np.full((224, 224, 3), 120, np.uint8)
    small = np.asarray(cv2.resize(example_crops[name], (90, 90), interpolation=cv2.INTER_AREA), np.uint8)
    picture[100:190, 120:210] = np.rot90(small, turns)
    hull = np.zeros((224, 224), bool)
    hull[10:100, 10:90] = True
    suspects = finder().suspects(picture, [hull], (), -0.5)
    assert max(suspect.scores.log_odds for suspect in suspects) > -0.5
