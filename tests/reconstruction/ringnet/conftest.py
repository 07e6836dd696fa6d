from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from masking.core.config.options import ReconstructionOptions
from masking.reconstruction.ringnet import RingNet
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.preprocessing import crop_image, network_input
from masking.reconstruction.ringnet.tensorflow_network import TensorFlowNetwork, open_tensorflow_network
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow
from tests.lookalikes.checkpoint import run_as_the_original
from tests.lookalikes.predictor import portraits


@pytest.fixture(scope="session")
def options(model_folder: Path, flame_folder: Path) -> ReconstructionOptions:
    return ReconstructionOptions(model_folder=model_folder, flame_folder=flame_folder, device="cpu")


@pytest.fixture(scope="session")
def ringnet(options: ReconstructionOptions) -> RingNet:
    return RingNet(options)


@pytest.fixture(scope="session")
def twenty_images() -> list[npt.NDArray[np.uint8]]:
    """Parts of two portraits, of many sizes and aspects."""
    random = np.random.default_rng(3)
    images = []
    for number in range(20):
        portrait = list(portraits().values())[number % 2]
        top, left = random.integers(0, 150, 2)
        height, width = random.integers(120, 350, 2)
        images.append(portrait[top : top + height, left : left + width])
    return images


@pytest.fixture(scope="session")
def twenty_inputs(twenty_images: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
    return np.concatenate([network_input(crop_image(image)[0]) for image in twenty_images])


@pytest.fixture(scope="session")
def original_outputs(
    model_folder: Path, twenty_inputs: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Parameters (20, 159) and vertices (20, V, 3) from a plain TensorFlow 1 session, one image a run."""
    parameters, vertices = zip(*run_as_the_original(model_folder, twenty_inputs), strict=True)
    return np.concatenate(parameters), np.concatenate(vertices)


@pytest.fixture(scope="session")
def batched_network(model_folder: Path, ringnet: RingNet) -> TensorFlowNetwork:
    """The way that GPUs take, here on the CPU."""
    tf, device = start_tensorflow("cpu", 0)
    return open_tensorflow_network(tf, device, CheckpointFiles(model_folder), batched=True)
