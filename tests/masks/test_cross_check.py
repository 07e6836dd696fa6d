"""Mesh and landmarks on the same face agree; a mesh beside it is caught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from batch_helper import ImageMasker
from landmark_cropping import hull_pixels
from masking.core.config import Config
from masking.core.errors import MeshMissesHullError
from masking.dataset import PreparedImage, walk
from masking.masks.cross_check import check_agreement, face_overlap
from masking.masks.status import Status
from tests.fits import fit


def test_a_mesh_in_its_place_agrees(crop: np.ndarray) -> None:
    face = fit(crop).reconstruction
    hull = hull_pixels(fit(crop).landmarks[0], *crop.shape[:2])
    assert face_overlap(face, hull) > 0.7
    check_agreement(face, hull)


@pytest.mark.parametrize("shift", [(0.06, 0, 0), (-0.06, 0, 0), (0, 0.06, 0), (0, -0.06, 0), (9, 0, 0)])
def test_a_mesh_beside_the_face_is_reported(crop: np.ndarray, shift: tuple[float, ...]) -> None:
    face = fit(crop).reconstruction
    hull = hull_pixels(fit(crop).landmarks[0], *crop.shape[:2])
    elsewhere = replace(face, translation=face.translation + np.array(shift))
    with pytest.raises(MeshMissesHullError, match="overlap by"):
        check_agreement(elsewhere, hull)


@pytest.mark.parametrize(("answer", "status"), [("yes", Status.MESH_MISSES_HULL), ("no", Status.MASKED)])
def test_it_is_asked_for_by_cross_check(
    query_folder: Path,
    make_config: Callable[..., Config],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    status: Status,
) -> None:
    image = next(entry for entry in walk(query_folder) if isinstance(entry, PreparedImage))
    masker = ImageMasker(make_config(query_folder, f"LANDMARKS.CROSS_CHECK={answer}"))
    assert masker.mask(image).status == Status.MASKED
    monkeypatch.setattr("masking.masks.cross_check.MIN_OVERLAP", 0.99)
    assert masker.mask(image).status == status
