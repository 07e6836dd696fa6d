"""dlib's frontal face detector, read from a file that comes with this package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from masking.faces.carried_files import read_carried

DETECTOR_FILE = Path(__file__).with_name("dlib_weights") / "frontal_face_detector.svm"
DETECTOR_SHA256 = "f3f7aa833fb4a14a46fc48689f45b98d85ef72d6dfaf8bdc012b7d3c522a5426"
"""Of what dlib 19.24 and 20.0 save; see dlib_weights/README.md."""


def open_frontal_face_detector() -> Any:
    """What `dlib.get_frontal_face_detector` returns, without the 0.2 s that unpacking dlib's own copy takes.

    A dlib that keeps its detectors in another form than this file gives its own copy.
    Raises ModelFileError where the file is missing or isn't the one that was published.
    """
    import dlib

    read_carried(DETECTOR_FILE, DETECTOR_SHA256)
    try:
        return dlib.fhog_object_detector(str(DETECTOR_FILE))
    except RuntimeError:
        return dlib.get_frontal_face_detector()
