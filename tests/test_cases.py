"""Photos that once got a mask which showed a face, or none though they show one person. See cases/README.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking.core.config import Config
from masking.core.errors import FitUnprovenError, ItemError, SeveralFacesError
from masking.masks.photo_masker import MaskedPhoto, PhotoMasker

CASES = Path(__file__).with_name("cases")
MakeMasker = Callable[[str], PhotoMasker]


def photo(name: str) -> np.ndarray:
    return np.asarray(Image.open(CASES / name).convert("RGB"))


@pytest.fixture
def masker(make_config: Callable[..., Config], query_folder: Path) -> MakeMasker:
    return lambda policy: PhotoMasker(make_config(query_folder, f"RECONSTRUCTION.SEVERAL_FACES={policy}"))


def shows(masked: MaskedPhoto, place: tuple[int, int], radius: int) -> bool:
    """Whether the overlay shows the photo anywhere within `radius` pixels of (u, v)."""
    height, width = masked.inside.shape
    rows, columns = np.mgrid[:height, :width]
    near = (columns - place[0]) ** 2 + (rows - place[1]) ** 2 <= radius**2
    return bool((masked.overlay == masked.photo).all(axis=2)[near].any())


@pytest.mark.parametrize(
    ("name", "eyes_and_mouth"),
    [
        ("Collins_138_180_prep.png", [(102, 114), (150, 114), (123, 62)]),
        ("Hopper_60_180_prep.png", [(83, 131), (138, 131), (112, 87)]),
        ("Hopper_112_90_prep.png", [(105, 46), (105, 119), (185, 83)]),
    ],
)
def test_a_turned_face_is_covered(masker: MakeMasker, name: str, eyes_and_mouth: list[tuple[int, int]]) -> None:
    """Eyes and mouth were read off by eye."""
    masked = masker("refuse").mask(photo(name))
    assert not any(shows(masked, place, 8) for place in eyes_and_mouth)


@pytest.mark.parametrize(
    ("name", "places"),
    [("cut_by_two_borders_prep.png", [(7, 132), (66, 220)]), ("cut_through_an_eye_prep.png", [(13, 193), (22, 221)])],
)
def test_what_the_border_leaves_of_a_face_is_not_taken_for_all_of_it(
    masker: MakeMasker, name: str, places: list[tuple[int, int]]
) -> None:
    """Mesh and detector agreed on a smaller face, askew, which left an eye or the nose and the mouth to be seen."""
    try:
        masked = masker("refuse").mask(photo(name))
    except FitUnprovenError:
        return
    assert not any(shows(masked, place, 3) for place in places)


def test_a_small_face_in_a_large_photo_is_covered(masker: MakeMasker) -> None:
    masked = masker("refuse").mask(photo("x05_prep.png"))
    assert not any(shows(masked, place, 6) for place in [(544, 540), (582, 540), (564, 580)])


@pytest.mark.parametrize("name", ["g61_2_prep.jpg", "g211_1_prep.jpg"])
def test_of_six_people_all_are_masked_or_there_is_no_mask(masker: MakeMasker, name: str) -> None:
    for policy in ("refuse", "all"):
        try:
            masked = masker(policy).mask(photo(name))
        except SeveralFacesError:
            continue
        assert len(masked.landmarks) == 6
    with pytest.raises(SeveralFacesError):
        masker("refuse").mask(photo(name))


@pytest.mark.parametrize("policy", ["refuse", "all"])
@pytest.mark.parametrize("name", ["tshirt_of_self_prep.png", "poster_1_08_prep.jpg", "neighbour_cut_0.4_prep.png"])
def test_a_second_face_does_not_survive_unseen(masker: MakeMasker, name: str, policy: str) -> None:
    """On the chest, on the wall, cut in half by the border."""
    places = {
        "tshirt_of_self_prep.png": (111, 189),
        "poster_1_08_prep.jpg": (944, 122),
        "neighbour_cut_0.4_prep.png": (262, 122),
    }
    try:
        masked = masker(policy).mask(photo(name))
    except ItemError as error:
        assert isinstance(error, SeveralFacesError)  # noqa: PT017 - either is right
    else:
        assert policy == "all"
        assert not shows(masked, places[name], 2)


def test_half_a_face_upside_down_is_found_by_a_thorough_search(
    make_config: Callable[..., Config], query_folder: Path
) -> None:
    config = make_config(query_folder, "RECONSTRUCTION.SURVIVOR_SEARCH=thorough")
    with pytest.raises(SeveralFacesError, match=r"another face is found at \(14\d, 2\d\d\)"):
        PhotoMasker(config).mask(photo("neighbour_upside_down_prep.png"))


def test_the_largest_is_a_person_and_not_a_badge(masker: MakeMasker) -> None:
    masked = masker("largest").mask(photo("c1_prep.png"))
    assert not any(shows(masked, place, 6) for place in [(105, 52), (147, 52), (128, 88)])


def test_one_person_with_a_badge_is_one_person(masker: MakeMasker) -> None:
    masked = masker("refuse").mask(photo("c0_prep.png"))
    assert masked.other_faces == 0
    assert not any(shows(masked, place, 6) for place in [(135, 86), (180, 86), (161, 126)])
