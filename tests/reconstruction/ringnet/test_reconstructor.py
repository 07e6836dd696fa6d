from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from masking.core.config.options import ReconstructionOptions
from masking.core.errors import ConfigError, ModelFileError, UnreadableImageError
from masking.geometry.camera import head_distance
from masking.reconstruction.base import Reconstruction
from masking.reconstruction.ringnet import RingNet
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.tensorflow_network import TensorFlowNetwork

Images = list[npt.NDArray[np.uint8]]
Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def test_vertices_and_parameters_equal_a_plain_tensorflow_1_session(
    ringnet: RingNet, twenty_images: Images, original_outputs: Outputs
) -> None:
    for image, parameters, vertices in zip(twenty_images, *original_outputs, strict=True):
        face = ringnet.reconstruct(image)
        np.testing.assert_allclose(np.concatenate(list(face.parameters.values())), parameters, rtol=0, atol=1e-5)
        np.testing.assert_allclose(face.vertices, vertices, rtol=0, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 16, 20])
def test_a_batch_of_any_size_equals_a_plain_tensorflow_1_session(
    batched_network: TensorFlowNetwork,
    twenty_inputs: npt.NDArray[np.float32],
    original_outputs: Outputs,
    batch_size: int,
) -> None:
    batches = np.split(twenty_inputs, range(batch_size, len(twenty_inputs), batch_size))
    found = [np.concatenate(parts) for parts in zip(*map(batched_network, batches), strict=True)]
    np.testing.assert_allclose(found[0], original_outputs[0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found[1], original_outputs[1], rtol=0, atol=1e-5)


def test_the_images_of_a_batch_really_go_through_at_once(batched_network: TensorFlowNetwork) -> None:
    assert batched_network.is_batched


def test_the_network_sees_differences_between_images(original_outputs: Outputs) -> None:
    assert np.ptp(original_outputs[0], axis=0).max() > 1e-3


def test_the_camera_lays_the_head_over_the_middle_of_the_image(ringnet: RingNet, twenty_images: Images) -> None:
    image = twenty_images[0]
    face = ringnet.reconstruct(image)
    points = face.camera.project(face.camera_vertices)
    height, width = image.shape[:2]
    assert points[:, 0].min() < width / 2 < points[:, 0].max()
    assert points[:, 1].min() < height / 2 < points[:, 1].max()


def test_the_translation_is_ringnets_own(ringnet: RingNet, twenty_images: Images) -> None:
    face = ringnet.reconstruct(twenty_images[0])
    scale, x, y = face.parameters["cam"].tolist()
    assert face.translation.tolist() == [x, y, head_distance(scale)]


def test_an_image_that_cannot_be_cropped_does_not_stop_its_neighbours(ringnet: RingNet, twenty_images: Images) -> None:
    thread = np.zeros((1, 1000, 3), np.uint8)
    results = ringnet.reconstruct_batch([twenty_images[0], thread, twenty_images[1]])
    assert [type(result) for result in results] == [Reconstruction, UnreadableImageError, Reconstruction]
    np.testing.assert_array_equal(results[2].vertices, ringnet.reconstruct(twenty_images[1]).vertices)
    with pytest.raises(UnreadableImageError, match="1000 x 1"):
        ringnet.reconstruct(thread)


def test_on_a_cpu_images_go_through_one_by_one(ringnet: RingNet) -> None:
    assert ringnet.batch_size == 1


def test_the_description_names_the_file_and_its_hash(ringnet: RingNet, model_folder: Path) -> None:
    files = CheckpointFiles(model_folder)
    assert ringnet.description == f"RingNet ({files.data.name}, sha256 {files.sha256[files.data][:8]}; LiteRT)"


def test_a_gpu_that_is_not_there_is_a_wrong_configuration(options: ReconstructionOptions) -> None:
    with pytest.raises(ConfigError, match=r"\[RECONSTRUCTION\] DEVICE = gpu"):
        RingNet(options.model_copy(update={"device": "gpu"}))


def test_triangles_of_another_mesh_are_refused(options: ReconstructionOptions, tmp_path: Path) -> None:
    ply = tmp_path / "FLAME_sample.ply"
    ply.write_text(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nelement face 1\n"
        "property list uchar int vertex_indices\nend_header\n0\n1\n2\n3 0 1 2\n"
    )
    with pytest.raises(ModelFileError, match="3 vertices, and RingNet's network yields 5023") as caught:
        RingNet(options.model_copy(update={"flame_folder": tmp_path}))
    assert caught.value.path == ply
