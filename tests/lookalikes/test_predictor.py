from __future__ import annotations

from pathlib import Path

import dlib
import numpy as np

from tests.lookalikes.face_points import face_points
from tests.lookalikes.predictor import NAME, _square, portraits, write_predictor


def test_the_small_predictor_finds_81_points_where_the_face_mesh_has_them(tmp_path: Path) -> None:
    write_predictor(tmp_path, variants=4)
    predictor = dlib.shape_predictor(str(tmp_path / NAME))
    for portrait in portraits().values():
        box = dlib.get_frontal_face_detector()(portrait)[0]
        found = np.array([(part.x, part.y) for part in predictor(portrait, box).parts()])
        expected = face_points(portrait, _square(box))
        assert found.shape == (81, 2)
        assert np.abs(found - expected).mean() < 0.03 * box.width()
