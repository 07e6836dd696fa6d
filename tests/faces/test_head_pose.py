"""Head pose, on heads that were turned by a known angle: exact rotations of the canonical face, and made views."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.head_pose import MAX_TURN, View, errors, views_of
from benchmarks.scenes.portraits import load_portraits
from masking.faces.head_pose import (
    PITCH_AT_REST,
    PITCH_WEIGHTS,
    YAW_WEIGHTS,
    angles_of,
    head_pose,
    pitch_terms,
    rotation_of,
    shown_angles,
    yaw_terms,
)

CANONICAL = json.loads((files("masking.faces") / "data" / "canonical_face.json").read_text())
degrees = st.floats(-60, 60)


def mesh(yaw: float, pitch: float, roll: float, scale: float = 1.0) -> np.ndarray:
    """The canonical face, turned, somewhere in a picture; vertices that pose doesn't use are nonsense."""
    points = np.full((468, 3), 1e6)
    turned = np.array(CANONICAL["points"]) @ rotation_of(yaw, pitch, roll).T
    points[CANONICAL["vertices"]] = turned * scale + [320.0, 200.0, 5.0]
    return points


@given(degrees, degrees, degrees, st.floats(0.5, 50))
def test_a_turned_canonical_face_tells_its_rotation(yaw: float, pitch: float, roll: float, scale: float) -> None:
    assert shown_angles(mesh(yaw, pitch, roll, scale)) == pytest.approx([yaw, pitch - PITCH_AT_REST, roll], abs=1e-6)


@given(degrees, degrees, degrees)
def test_angles_and_rotations_are_the_same(yaw: float, pitch: float, roll: float) -> None:
    assert angles_of(rotation_of(yaw, pitch, roll)) == pytest.approx([yaw, pitch, roll], abs=1e-6)


def test_signs_are_the_originals() -> None:
    """Yaw is positive where the nose points to the picture's left, pitch where it points down, roll clockwise."""
    left, down = rotation_of(20, 0) @ [0, 0, -1], rotation_of(0, 20) @ [0, 0, -1]
    right_ear_to_left = rotation_of(0, 0, 20) @ [1, 0, 0]
    assert left[0] < 0 < down[1]
    assert right_ear_to_left[1] > 0


@given(degrees, degrees)
def test_a_mirrored_head_has_the_opposite_yaw(yaw: float, pitch: float) -> None:
    shown = np.array([yaw, pitch, 0.0])
    mirrored = shown * [-1, 1, 1]
    assert yaw_terms(mirrored) @ YAW_WEIGHTS == pytest.approx(-(yaw_terms(shown) @ YAW_WEIGHTS))
    assert pitch_terms(mirrored) @ PITCH_WEIGHTS == pytest.approx(pitch_terms(shown) @ PITCH_WEIGHTS)


def test_the_passes_are_averaged() -> None:
    both = head_pose([mesh(0, 0, 0), mesh(0, 0, 10)])
    assert both.roll == pytest.approx(5)


@pytest.fixture(scope="module")
def views() -> list[View]:
    return list(views_of(load_portraits()))


def test_on_made_views_yaw_is_within_three_degrees_and_pitch_within_five(views: list[View]) -> None:
    off = np.abs(errors(views, YAW_WEIGHTS, PITCH_WEIGHTS))
    assert len(views) >= 60
    assert max(abs(view.turn[0]) for view in views) > 0.9 * MAX_TURN[0]
    assert np.percentile(off[:, 0], 95) <= 3
    assert np.percentile(off[:, 1], 95) <= 5


def test_without_the_weights_it_would_be_far_off(views: list[View]) -> None:
    off = np.abs(errors(views, np.array([1.0, 0, 0]), np.array([0, 1.0, 0])))
    assert np.percentile(off[:, 0], 95) > 6
