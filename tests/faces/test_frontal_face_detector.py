"""The carried file is dlib's own detector, to the last byte and number."""

from __future__ import annotations

from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest

import masking.faces.frontal_face_detector as frontal_face_detector
from examples.make_tree import portraits
from masking.core.errors import ModelFileError
from masking.faces.frontal_face_detector import DETECTOR_FILE, DETECTOR_SHA256, open_frontal_face_detector

FOLDER = DETECTOR_FILE.parent


def test_the_file_is_what_the_installed_dlib_saves(tmp_path: Path) -> None:
    dlib.get_frontal_face_detector().save(str(tmp_path / "saved.svm"))
    assert (tmp_path / "saved.svm").read_bytes() == DETECTOR_FILE.read_bytes()


@pytest.mark.parametrize("turn", [0, 10, 20])
@pytest.mark.parametrize("name", sorted(portraits()))
def test_it_finds_the_same_regions_with_the_same_scores(name: str, turn: float) -> None:
    portrait = portraits()[name]
    height, width = portrait.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
    picture = np.asarray(cv2.warpAffine(portrait, matrix, (width, height)), np.uint8)
    own, carried = dlib.get_frontal_face_detector(), open_frontal_face_detector()
    for threshold in (0, -0.3, -1):
        found = carried.run(picture, 0, threshold)
        assert list(map(list, found)) == list(map(list, own.run(picture, 0, threshold)))
    assert len(found[0]) > 0


def test_a_dlib_with_another_format_uses_its_own_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise RuntimeError(path)

    monkeypatch.setattr(dlib, "fhog_object_detector", refuse)
    assert open_frontal_face_detector().num_detectors == 5


def test_a_damaged_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "frontal_face_detector.svm"
    monkeypatch.setattr(frontal_face_detector, "DETECTOR_FILE", damaged)
    with pytest.raises(ModelFileError, match="can't be read"):
        open_frontal_face_detector()
    damaged.write_bytes(DETECTOR_FILE.read_bytes()[:-1])
    with pytest.raises(ModelFileError, match="has SHA-256"):
        open_frontal_face_detector()


def test_its_licence_and_origin_come_with_it() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {DETECTOR_FILE.name, "README.md", "LICENSE"}
    assert DETECTOR_SHA256 in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "Boost Software License - Version 1.0" in (FOLDER / "LICENSE").read_text(encoding="utf-8")
