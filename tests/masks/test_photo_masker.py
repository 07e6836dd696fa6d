"""One photo's way in memory, where several people are in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from masking.core.config import in_memory_config
from masking.core.config.options import ReconstructionOptions, RenderingOptions
from masking.core.errors import MeshMissesHullError
from masking.masks.photo_masker import PhotoMasker
from masking.rendering.base import Render

UNCOVERED_FROM = 60
"""Row of the picture below which the right one's mesh is not drawn."""


def masker_of_all(min_coverage: float) -> PhotoMasker:
    """Masks all faces, and draws the right half of a picture no farther down than UNCOVERED_FROM."""
    masker = PhotoMasker(
        in_memory_config(
            reconstruction=ReconstructionOptions(several_faces="all"),
            rendering=RenderingOptions(min_coverage=min_coverage),
        )
    )
    draw = masker.renderer.render

    def draw_half(*arguments: object) -> Render:
        render = draw(*arguments)  # type: ignore[arg-type]
        hidden = np.zeros(render.face_id.shape, bool)
        hidden[UNCOVERED_FROM:, hidden.shape[1] // 2 :] = True
        image = np.where(hidden[:, :, None], np.uint8(255), render.image)
        return replace(render, image=image, face_id=np.where(hidden, -1, render.face_id))

    masker.renderer.render = draw_half  # type: ignore[method-assign]
    return masker


@pytest.fixture(scope="module")
def pair(crop: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.hstack([crop, crop[:, ::-1]]))


def test_the_worst_covered_of_several_faces_decides(pair: np.ndarray) -> None:
    """A large face must not make up for a small one, nor a covered one for one that can be seen."""
    masked = masker_of_all(0.0).mask(pair)
    assert len(masked.landmarks) == 2
    assert masked.coverage < 0.5
    with pytest.raises(MeshMissesHullError, match="MIN_COVERAGE"):
        masker_of_all(0.9).mask(pair)
