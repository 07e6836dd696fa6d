"""SFace and ArcFace: the user's own ONNX files, given what their own libraries give them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.core.downloads import Download
from masking.core.errors import ModelFileError
from masking.reidentification.kinds import Picture
from masking.reidentification.landmarks import FaceLandmarks
from masking.reidentification.recognisers.alignment import upright_square
from masking.reidentification.recognisers.base import Embedding, checked
from masking.reidentification.recognisers.onnx_network import OnnxNetwork, Runtime, Tensor
from masking.reidentification.recognisers.onnx_nodes import first_node_names
from masking.reidentification.recognisers.scrfd import Scrfd

SFACE_NAME = "face_recognition_sface_2021dec.onnx"
ARCFACE_NAME = "w600k_r50.onnx"
SFACE = Download("SFace", "https://github.com/opencv/opencv_zoo", "Apache-2.0; see the licence there")
ARCFACE = Download(
    "insightface's buffalo_l", "https://github.com/deepinsight/insightface", "for non-commercial research; see there"
)
SCALING_NODES = 8
"""Among so many first nodes insightface looks for a subtraction and a multiplication: the network scales by itself."""


class SFace:
    """Implements Recogniser with OpenCV's SFace: RGB from 0 to 255 in the upright square."""

    name = "sface"

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self._network = OnnxNetwork(folder / SFACE_NAME, SFACE, runtime)
        self.fingerprint = self._network.sha256
        self.description = f"SFace ({self._network.description})"

    def embed(self, picture: Picture, landmarks: FaceLandmarks) -> Embedding:
        """As Recogniser."""
        return checked(self._network.run(_planes(upright_square(picture, landmarks.five)))[0])


class ArcFace:
    """Implements Recogniser with a network of insightface's, as insightface feeds it: RGB, (x - 127.5) / 127.5 in the
    upright square, unless the network begins with its own scaling.
    """

    name = "arcface"

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        path = folder / ARCFACE_NAME
        self._network = OnnxNetwork(path, ARCFACE, runtime)
        try:
            names = first_node_names(self._network.content, SCALING_NODES)
        except ValueError as error:
            raise ModelFileError(path, f"is not an ONNX file: {error}", ARCFACE.remedy(folder)) from error
        subtracts = any(name.startswith(("Sub", "_minus")) for name in names)
        multiplies = any(name.startswith(("Mul", "_mul")) for name in names)
        self._mean, self._scale = (0.0, 1.0) if subtracts and multiplies else (127.5, 127.5)
        self.fingerprint = self._network.sha256
        self.description = f"ArcFace ({self._network.description})"

    def embed(self, picture: Picture, landmarks: FaceLandmarks) -> Embedding:
        """As Recogniser."""
        planes = _planes(upright_square(picture, landmarks.five))
        return checked(self._network.run((planes - np.float32(self._mean)) / np.float32(self._scale))[0])


class ArcFaceWithDetector(ArcFace):
    """ArcFace that also finds faces by insightface's detector. Implements FindsFaces."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        super().__init__(folder, runtime)
        self._detector = Scrfd(folder, ARCFACE, runtime)
        self.fingerprint += self._detector.fingerprint
        self.description = f"{self.description[:-1]}; {self._detector.description})"

    def find(self, picture: Picture) -> npt.NDArray[np.float64] | None:
        """As FindsFaces."""
        return self._detector.find(picture)


def _planes(square: Picture) -> Tensor:
    """`square` (H, W, 3) as (1, 3, H, W) float32."""
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)
