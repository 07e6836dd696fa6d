"""insightface's detector of buffalo_l (det_10g), fed and read as by insightface: landmarks of the best face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.downloads import Download
from masking.core.errors import ModelFileError
from masking.reidentification.kinds import Picture
from masking.reidentification.recognisers.onnx_network import OnnxNetwork, Runtime, Tensor

SCRFD_NAME = "det_10g.onnx"
SIDE = 640
STRIDES = (8, 16, 32)
ANCHORS_PER_CELL = 2
MIN_SCORE = 0.5
POINTS = 5
Points = npt.NDArray[np.float64]


class Scrfd:
    """Finds the face that scores best, which suppressing overlapping boxes, as insightface does, never removes."""

    def __init__(self, folder: Path, download: Download, runtime: Runtime) -> None:
        self._network = OnnxNetwork(folder / SCRFD_NAME, download, runtime)
        self._remedy = download.remedy(folder)
        self.fingerprint = self._network.sha256
        self.description = self._network.description

    def find(self, picture: Picture) -> Points | None:
        """Five landmarks (5, 2), pixels as (u, v), of the best face in `picture` (H, W, 3) uint8 RGB; None where no
        face scores MIN_SCORE. Raises ModelFileError where the network's outputs are others than this detector's.
        """
        tensor, scale = network_input(picture)
        outputs = self._network.run(tensor)
        if len(outputs) != 3 * len(STRIDES):
            raise ModelFileError(self._network.path, f"gives {len(outputs)} outputs, expected 9", self._remedy)
        scores, points = [], []
        for level, stride in enumerate(STRIDES):
            cells = SIDE // stride
            of_stride = outputs[level].reshape(-1)
            if len(of_stride) != cells * cells * ANCHORS_PER_CELL:
                raise ModelFileError(self._network.path, "gives outputs of another size", self._remedy)
            offsets = outputs[level + 2 * len(STRIDES)].reshape(-1, POINTS, 2) * stride
            scores.append(of_stride)
            points.append(_centres(cells, stride)[:, None] + offsets)
        best = int(np.concatenate(scores).argmax())
        if float(np.concatenate(scores)[best]) < MIN_SCORE:
            return None
        return np.asarray(np.concatenate(points)[best], dtype=np.float64) / scale


def network_input(picture: Picture) -> tuple[Tensor, float]:
    """`picture` shrunk or grown to fit SIDE, in the top left corner, black elsewhere, as (1, 3, 640, 640); and by how
    much it was resized. Sizes are cut to whole pixels as insightface cuts them.
    """
    height, width = picture.shape[:2]
    if height / width > 1:
        new_height, new_width = SIDE, int(SIDE / (height / width))
    else:
        new_height, new_width = int(SIDE * (height / width)), SIDE
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    canvas[:new_height, :new_width] = cv2.resize(picture, (new_width, new_height))
    planes = canvas.transpose(2, 0, 1)[None].astype(np.float32)
    return np.ascontiguousarray((planes - 127.5) / 128.0), new_height / height


def _centres(cells: int, stride: int) -> npt.NDArray[np.float64]:
    """The anchors' centres (N, 2), row by row, each for as many anchors as a cell has."""
    rows, columns = np.mgrid[:cells, :cells]
    centres = np.stack([columns, rows], axis=-1).reshape(-1, 2).astype(np.float64) * stride
    return np.repeat(centres, ANCHORS_PER_CELL, axis=0)
