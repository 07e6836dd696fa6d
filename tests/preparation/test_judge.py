"""What is said of a frame: alone or not, near or far, and where in it the face is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scenes.scene import framed
from examples.make_source import fitted_portraits
from examples.views import Picture, Portrait, seen_from
from masking.core.config.options import PreparationOptions
from masking.preparation.judge import Judge, verdict
from masking.preparation.status import Verdict
from tests.preparation.conftest import noise

OPTIONS = PreparationOptions()


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def bgr(portrait: Portrait, margin: float, size: tuple[int, int]) -> Picture:
    return np.ascontiguousarray(framed(portrait, 0, margin, size)[0][:, :, ::-1])


def test_two_people_are_one_too_many(judge: Judge) -> None:
    first, second = fitted_portraits()
    frame = np.hstack([bgr(first, 2.2, (360, 360)), bgr(second, 2.2, (360, 360))])
    sight = judge.see(frame)
    assert sight.other_confidence > OPTIONS.max_confidence_other_face
    assert verdict(sight, OPTIONS) is Verdict.OTHER_FACE


@pytest.mark.parametrize("margin", [1.5, 3, 6, 9])
def test_a_face_is_found_near_and_far_where_it_is(judge: Judge, portrait: Portrait, margin: float) -> None:
    picture, shown = framed(portrait, 0, margin, (1280, 720))
    sight = judge.see(np.ascontiguousarray(picture[:, :, ::-1]))
    assert verdict(sight, OPTIONS) is Verdict.KEPT
    assert sight.face is not None
    assert np.abs(sight.face.box - shown.box).max() < 0.08 * shown.size
    assert sight.face.size == pytest.approx(shown.size, rel=0.08)


@pytest.mark.parametrize(("yaw", "pitch", "said"), [(29, 0, Verdict.YAW), (-29, 0, Verdict.YAW), (0, 0, Verdict.KEPT)])
def test_the_bound_on_yaw_holds_to_both_sides(judge: Judge, portrait: Portrait, yaw: float, pitch: float, said) -> None:
    assert verdict(judge.see(bgr(seen_from(portrait, yaw, pitch), 2.8, (640, 480))), OPTIONS) is said


def test_blur_lowers_the_sharpness(judge: Judge, portrait: Portrait) -> None:
    import cv2

    sharp = bgr(portrait, 2.8, (640, 480))
    faces = [judge.see(frame).face for frame in (sharp, np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3), np.uint8))]
    assert faces[0].sharpness > 3 * faces[1].sharpness


def test_nobody_is_no_face(judge: Judge) -> None:
    for frame in (*noise(3), np.zeros((1, 1, 3), np.uint8), np.zeros((4, 3000, 3), np.uint8)):
        assert verdict(judge.see(frame), OPTIONS) is Verdict.NO_FACE
