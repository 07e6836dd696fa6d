"""81 landmarks become a hull, and the hull cuts the render out; nothing else of the photo changes."""

from __future__ import annotations

import bz2
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import dlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from landmark_cropping import cut_mask, hull_pixels
from masking.core.config import Config
from masking.core.errors import LowConfidenceError, ModelFileError, NoFaceError, SeveralFacesError
from masking.faces.landmarks import LANDMARK_PREDICTOR, DlibLandmarks, FaceMeshLandmarks, open_landmark_detector
from tests.fits import fit


def train_predictor(path: Path, crop: np.ndarray, points: int) -> Path:
    detector = dlib.get_frontal_face_detector()
    pictures, faces = [], []
    for shift in range(-8, 9, 4):
        picture = np.ascontiguousarray(np.roll(crop, shift, axis=1))
        landmarks = fit(picture).landmarks[0][:points]
        (box,) = detector(picture, 0)
        parts = [dlib.point(round(u), round(v)) for u, v in landmarks]
        pictures.append(picture)
        faces.append([dlib.full_object_detection(box, parts)])
    options = dlib.shape_predictor_training_options()
    options.oversampling_amount, options.cascade_depth, options.num_trees_per_cascade_level = 10, 6, 40
    options.tree_depth, options.be_verbose, options.num_threads = 3, False, 1
    dlib.train_shape_predictor(pictures, faces, options).save(str(path))
    return path


def test_dlibs_landmarks_lie_on_the_face(predictor_file: Path, crop: np.ndarray) -> None:
    by_face_mesh = fit(crop)
    landmarks = DlibLandmarks(predictor_file).detect(crop, by_face_mesh.people)[0]
    assert landmarks.shape == (81, 2)
    assert np.abs(landmarks - by_face_mesh.landmarks[0]).mean() < 4


def test_dlib_distinguishes_no_face_from_several(predictor_file: Path, crop: np.ndarray) -> None:
    detector, people = DlibLandmarks(predictor_file), fit(crop).people
    with pytest.raises(NoFaceError):
        detector.detect(np.zeros_like(crop), people)
    with pytest.raises(SeveralFacesError, match="2 faces"):
        detector.detect(np.hstack([crop, crop]), people)


@pytest.mark.parametrize("score", [-0.3, -0.01])
def test_dlib_masks_no_face_that_it_scores_below_nought_as_the_original(
    predictor_file: Path, crop: np.ndarray, score: float
) -> None:
    """It looks for others at -0.3; what it masks needs 0."""
    detector, people = DlibLandmarks(predictor_file), fit(crop).people
    ((box,), _, _) = detector._detector.run(crop, 0, 0.0)
    detector._detector = SimpleNamespace(run=lambda *_: ([box], [score], [0]))
    with pytest.raises(NoFaceError):
        detector.detect(crop, people)
    detector._detector = SimpleNamespace(run=lambda *_: ([box], [0.0], [0]))
    assert len(detector.detect(crop, people)) == 1


def test_dlib_finds_each_of_the_faces_that_are_to_be_masked(predictor_file: Path, crop: np.ndarray) -> None:
    pair = np.ascontiguousarray(np.hstack([crop, crop[:, ::-1]]))
    faces = fit(pair, "all")
    found = DlibLandmarks(predictor_file, "all").detect(pair, faces.people)
    middles = [
        (points.mean(axis=0), fitted.mean(axis=0)) for points, fitted in zip(found, faces.landmarks, strict=True)
    ]
    assert len(middles) == 2
    for by_dlib, by_face_mesh in middles:
        assert np.linalg.norm(by_dlib - by_face_mesh) < 25
    one = faces.people[:1]
    with pytest.raises(SeveralFacesError, match="a mask of 1"):
        DlibLandmarks(predictor_file, "all").detect(pair, one)
    largest = DlibLandmarks(predictor_file, "largest").detect(pair, one)
    assert len(largest) == 1
    assert np.array_equal(largest[0], found[0])


def test_a_face_that_dlib_misses_is_not_left_out(predictor_file: Path, crop: np.ndarray) -> None:
    pair = np.ascontiguousarray(np.hstack([crop, crop[:, ::-1]]))
    faces = fit(pair, "all")
    half = pair.copy()
    half[:, 224:] = 128
    with pytest.raises(NoFaceError, match="where the other models see one"):
        DlibLandmarks(predictor_file, "all").detect(half, faces.people)


def test_a_predictor_of_another_kind_is_refused(tmp_path: Path, crop: np.ndarray) -> None:
    path = train_predictor(tmp_path / "predictor_68.dat", crop, points=68)
    with pytest.raises(ModelFileError, match="gives 68 landmarks, expected 81"):
        DlibLandmarks(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_predictor_is_refused(predictor_file: Path, tmp_path: Path, share: float) -> None:
    content = predictor_file.read_bytes()
    (tmp_path / "cut.dat").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelFileError, match="is not a dlib shape predictor"):
        DlibLandmarks(tmp_path / "cut.dat")


def test_auto_takes_dlib_where_its_file_is_there(
    make_config: Callable[..., Config], query_folder: Path, predictor_file: Path
) -> None:
    there = make_config(query_folder, f"LANDMARKS.PREDICTOR_FILE={predictor_file}")
    assert isinstance(open_landmark_detector(there), DlibLandmarks)
    assert isinstance(open_landmark_detector(make_config(query_folder)), FaceMeshLandmarks)


def test_a_predictor_as_dlibs_site_packs_it_and_its_folder_are_read(
    predictor_file: Path, tmp_path: Path, crop: np.ndarray
) -> None:
    packed = tmp_path / "shape_predictor_81_face_landmarks.dat.bz2"
    packed.write_bytes(bz2.compress(predictor_file.read_bytes(), 1))
    people = fit(crop).people
    plain, *others = (DlibLandmarks(place) for place in (predictor_file, packed, tmp_path))
    for other in others:
        assert other.fingerprint == plain.fingerprint
        assert np.array_equal(other.detect(crop, people), plain.detect(crop, people))


def test_dlib_without_its_file_says_where_to_get_it(make_config: Callable[..., Config], query_folder: Path) -> None:
    config = make_config(query_folder, "LANDMARKS.LANDMARK_DETECTOR=dlib", f"LANDMARKS.PREDICTOR_FILE={query_folder}")
    with pytest.raises(ModelFileError) as caught:
        open_landmark_detector(config)
    for part in (LANDMARK_PREDICTOR.page, LANDMARK_PREDICTOR.licence, "LANDMARK_DETECTOR = facemesh"):
        assert part in caught.value.remedy


def test_the_hull_of_a_square_is_the_square() -> None:
    points = np.array([[10, 5], [30, 5], [30, 25], [10, 25], [20, 15]], dtype=float)
    inside = hull_pixels(points, 40, 60)
    assert inside.shape == (40, 60)
    assert inside[6:25, 11:30].all()
    assert not inside[:5].any()
    assert not inside[26:].any()


@pytest.mark.parametrize(
    ("beyond", "clipped"),
    [((-30, 17), (0, 17)), ((99, 17), (59, 17)), ((31, -44), (31, 0)), ((31, 88), (31, 39)), ((99, 88), (59, 39))],
)
def test_points_beyond_the_image_are_clipped_each_by_its_own_side(
    beyond: tuple[int, int], clipped: tuple[int, int]
) -> None:
    """The original clipped u by the height, which cuts a wide image's right part off."""
    others = [(20, 10), (40, 10), (40, 30), (20, 30)]
    inside, expected = (hull_pixels(np.array([*others, point], float), 40, 60) for point in (beyond, clipped))
    assert inside[clipped[::-1]]
    assert np.array_equal(inside, expected)


@pytest.mark.parametrize(
    "points", [np.full((81, 2), 7.0), np.column_stack([np.arange(81.0)] * 2), np.full((81, 2), np.nan)]
)
def test_landmarks_without_an_area_are_not_trusted(points: np.ndarray) -> None:
    with pytest.raises(LowConfidenceError):
        hull_pixels(points, 100, 100)


@given(
    hnp.arrays(np.float64, (81, 2), elements=st.floats(-50, 250)),
    st.integers(2, 200),
    st.integers(2, 200),
)
def test_any_landmarks_give_a_convex_hull_within_the_image_or_are_not_trusted(
    points: np.ndarray, height: int, width: int
) -> None:
    try:
        inside = hull_pixels(points, height, width)
    except LowConfidenceError:
        return
    assert inside.shape == (height, width)
    for rows in (inside, inside.T):
        changes = np.abs(np.diff(np.pad(rows.astype(int), ((0, 0), (1, 1))), axis=1)).sum(axis=1)
        assert changes.max() <= 2, "a row or column of a convex hull is one run of pixels"


@given(hnp.arrays(bool, (6, 7)))
def test_the_cut_takes_the_render_inside_and_nothing_else(inside: np.ndarray) -> None:
    photo = np.full((6, 7, 3), 11, np.uint8)
    rendered = np.full((6, 7, 3), 99, np.uint8)
    mask = cut_mask(photo, rendered, inside)
    assert (mask.overlay[inside] == 99).all()
    assert (mask.overlay[~inside] == 11).all()
    assert (mask.mask_only[inside] == 99).all()
    assert (mask.mask_only[~inside] == 255).all()
