"""Whether a region is a face: MTCNN's last network, which sorts out what the others found (Zhang et al. 2016)."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from masking.faces.detector import QUARTER_TURNS, Detection
from masking.faces.networks import Network, NetworkFile, probability
from masking.faces.pyramid import Pyramid

MTCNN = NetworkFile(
    Path(__file__).with_name("mtcnn_weights") / "mtcnn_output.tflite",
    "9dc8c6a034c5269e3ccc6344bf28565589024a2fcd03c66c0d204078ca031ba4",
)
"""See mtcnn_weights/README.md."""
MARGIN = 1.15
"""Side of the look over the face's own."""
INPUT_LEVELS = ((np.arange(256) - 127.5) / 128).astype(np.float32)
"""What the network takes for each of a pixel's levels."""


class OutputNetwork:
    """MTCNN's output network, as far as it tells faces from everything else."""

    def __init__(self) -> None:
        self.network = Network(MTCNN, (1,))

    def score(self, picture: Pyramid, detection: Detection) -> float:
        """How sure the network is, 0..1, that there is a face where `detection` is, in the quarter turn in which it is
        surest; `picture` goes on mirrored at its border.
        """
        cut = detection.region(MARGIN).cut_rgb(picture, self.network.input_size, mirrored=True)
        levels = np.asarray(cv2.LUT(cut, INPUT_LEVELS), np.float32)
        turned = (np.ascontiguousarray(np.rot90(levels, turn)) for turn in QUARTER_TURNS)
        return probability(max(float(self.network.run(each)[0].item()) for each in turned))
