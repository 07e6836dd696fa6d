"""RingNet's network on LiteRT: a converted file, mapped, on one or more CPU threads."""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from masking.core.quiet import be_quiet_at_exit, quiet_stderr
from masking.reconstruction.ringnet.checkpoint import PARAMETERS_NAME, VERTICES_NAME
from masking.reconstruction.ringnet.network import Outputs
from masking.reconstruction.ringnet.parameters import PARAMETER_COUNT

_NO_FOLDER = f"{os.devnull}/none"
"""Where LiteRT is to look for libraries of GPUs and other accelerators, which a CPU doesn't need."""
OUTPUT_NAMES = [PARAMETERS_NAME, VERTICES_NAME]


class LiteRTError(Exception):
    """LiteRT can't run the file. The message says why, and is for people."""


class LiteRTNetwork:
    """A converted network. The process's memory holds its intermediate results, and its weights only where no packed
    ones are given: they are mapped, and shared by all processes that map the same file.
    """

    is_batched = False
    runtime = "LiteRT"

    def __init__(
        self, model_path: str, *, vertex_count: int, threads: int = 1, packed_path: str = "", fingerprint: str = ""
    ) -> None:
        """Map the model. Raises LiteRTError where LiteRT can't run it.

        packed_path: a file that holds the weights in the order in which this machine's processor wants them, for this
        very model; an empty file is filled with them. Empty: they are put into that order in this process's memory.
        """
        self.vertex_count = vertex_count
        self.fingerprint = fingerprint
        # LiteRT announces its accelerators, and those that it lacks, when it opens a model, first runs one, and ends.
        be_quiet_at_exit()
        with quiet_stderr():
            self._open(model_path, packed_path, threads)
        self._has_run = False

    def _open(self, model_path: str, packed_path: str, threads: int) -> None:
        try:
            self._model = _open_model(model_path, packed_path, threads)
            self._inputs = self._model.create_input_buffers(0)
            self._outputs = self._model.create_output_buffers(0)
            (signature,) = self._model.get_signature_list().values()
        except (RuntimeError, ValueError) as error:
            raise LiteRTError("it can't be opened") from error
        if signature["outputs"] != OUTPUT_NAMES or len(signature["inputs"]) != 1:
            raise LiteRTError(f"it yields {', '.join(signature['outputs'])}")

    def __call__(self, images: npt.NDArray[np.float32]) -> Outputs:
        """As Network. Raises LiteRTError."""
        with nullcontext() if self._has_run else quiet_stderr():
            outputs = [self._run(image) for image in images]
        self._has_run = True
        return np.stack([parameters for parameters, _ in outputs]), np.stack([vertices for _, vertices in outputs])

    def _run(self, image: npt.NDArray[np.float32]) -> Outputs:
        try:
            self._inputs[0].write(np.ascontiguousarray(image))
            self._model.run_by_index(0, self._inputs, self._outputs)
            parameters = self._outputs[0].read(PARAMETER_COUNT, np.float32)
            vertices = self._outputs[1].read(3 * self.vertex_count, np.float32)
        except (RuntimeError, ValueError) as error:
            raise LiteRTError("it does not run") from error
        return np.array(parameters), np.array(vertices).reshape(self.vertex_count, 3)


def _open_model(model_path: str, packed_path: str, threads: int) -> Any:
    from ai_edge_litert.compiled_model import CompiledModel
    from ai_edge_litert.options import CpuOptions, Options

    cpu = CpuOptions(num_threads=threads, xnnpack_weight_cache_path=packed_path)
    return CompiledModel.from_file(model_path, environment=_environment(), options=Options(cpu_options=cpu))


@cache
def _environment() -> Any:
    """One for the process, which ends with it."""
    from ai_edge_litert.environment import Environment, EnvironmentOptions

    return Environment.create(options=EnvironmentOptions(_NO_FOLDER, _NO_FOLDER, _NO_FOLDER))
