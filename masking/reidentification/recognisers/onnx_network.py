"""A user's own ONNX network, run by onnxruntime where that is installed, else by OpenCV."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from masking.core.downloads import Download, Wanted, find, read_found
from masking.core.errors import MissingPackageError, ModelFileError, first_line

Runtime = Literal["auto", "onnxruntime", "opencv"]
Tensor = npt.NDArray[np.float32]
MAX_BYTES = 1_000_000_000


class OnnxNetwork:
    """Takes one tensor, gives all of its outputs.

    Raises ModelFileError where the file is missing or no network, MissingPackageError where onnxruntime is asked for
    and not installed.
    """

    def __init__(self, path: Path, download: Download, runtime: Runtime = "auto") -> None:
        wanted = Wanted(path.name, download, MAX_BYTES)
        file = find(wanted, path.parent)
        self.content = read_found(file, wanted)
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.path, self._remedy = file.path, download.remedy(path.parent)
        installed = find_spec("onnxruntime") is not None
        if runtime == "onnxruntime" and not installed:
            raise MissingPackageError("onnxruntime", "Install it with: pip install onnxruntime")
        self.runtime = "onnxruntime" if installed and runtime != "opencv" else "OpenCV"
        try:
            self._network: _OnnxRuntime | _OpenCv = (
                _OnnxRuntime(self.content) if self.runtime == "onnxruntime" else _OpenCv(self.content)
            )
        except Exception as error:
            raise ModelFileError(
                path, f"is not a network that {self.runtime} reads ({first_line(error)})", self._remedy
            ) from error

    @property
    def description(self) -> str:
        """File, SHA-256 and what runs it, for people."""
        return f"{self.path.name} sha256 {self.sha256[:8]}, by {self.runtime}"

    def run(self, tensor: Tensor) -> Sequence[Tensor]:
        """All outputs for `tensor`, in the file's order.

        Raises ModelFileError where the network doesn't take what it should, by its name.
        """
        try:
            return self._network.run(tensor)
        except Exception as error:
            problem = f"doesn't take an input of shape {tensor.shape} ({first_line(error)})"
            raise ModelFileError(self.path, problem, self._remedy) from error


class _OnnxRuntime:
    def __init__(self, content: bytes) -> None:
        import onnxruntime

        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session: Any = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, tensor: Tensor) -> Sequence[Tensor]:
        return [np.asarray(output, np.float32) for output in self._session.run(None, {self._input: tensor})]


class _OpenCv:
    def __init__(self, content: bytes) -> None:
        import cv2

        self._network: Any = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
        self._outputs = self._network.getUnconnectedOutLayersNames()

    def run(self, tensor: Tensor) -> Sequence[Tensor]:
        self._network.setInput(tensor)
        return [np.asarray(output, np.float32) for output in self._network.forward(self._outputs)]
