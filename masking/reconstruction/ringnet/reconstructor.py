"""RingNet (Sanyal et al. 2019): photo -> FLAME head, by the authors' own TensorFlow 1 checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from masking.core.config.options import ReconstructionOptions
from masking.core.downloads import FoundFile, Wanted, find, find_if_there
from masking.core.errors import ItemError, LowConfidenceError, ModelFileError
from masking.core.hashing import sha256_of_file
from masking.core.packed_files import PackedFileError
from masking.geometry.camera import head_distance
from masking.reconstruction.base import MeshLandmarks, NeutralHead, Reconstruction
from masking.reconstruction.flame.landmarks import open_flame_landmarks
from masking.reconstruction.flame.model import load_flame_model
from masking.reconstruction.flame.texture_data import TextureData, load_texture_data
from masking.reconstruction.flame.topology import FLAME_KEYPOINT_VERTICES, load_topology
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.checkpoint_location import locate_checkpoint
from masking.reconstruction.ringnet.kept_files import folders_for, kept_files
from masking.reconstruction.ringnet.parameters import split_parameters
from masking.reconstruction.ringnet.preprocessing import Crop, crop_image, network_input
from masking.reconstruction.ringnet.runtimes import open_network
from masking.reconstruction.wanted_files import FLAME_FILES, FLAME_MODEL_FILE, TEXTURE_DATA_FILE

if TYPE_CHECKING:
    from masking.faces.finder import Person


class RingNet:
    """A loaded RingNet. It takes loose crops of one face each, and finds a head in every image: it has no score."""

    finds_a_head_in_any_photo = True

    def __init__(self, options: ReconstructionOptions, *, batched: bool | None = None) -> None:
        """Load the checkpoint and FLAME's triangles from the folders that `options` name.

        batched: several images at once through the network, by TensorFlow; None for on a GPU only, where it pays.
        Raises as `open_network`, and ModelFileError if a file is missing.
        """
        files = locate_checkpoint(options.model_folder)
        files.check_present()
        topology = load_topology(options.flame_folder)
        self._network = open_network(options, files, batched=batched)
        topology.check_vertex_count(self._network.vertex_count)
        self._faces = topology.faces
        self._flame_folder = options.flame_folder
        self.batch_size = options.batch_size if self._network.is_batched else 1
        self.description = (
            f"RingNet ({files.data.name}, sha256 {files.sha256[files.data][:8]}; {self._network.runtime})"
        )
        self.fingerprint = f"{_fingerprint(files, options.flame_folder)} {self._network.fingerprint}"

    def reconstruct(self, image: npt.NDArray[np.uint8], people: Sequence[Person] = ()) -> Reconstruction:
        """Reconstruct the face in `image` (H, W, 3) uint8 RGB, a loose crop; its network needs nobody's position.

        Raises UnreadableImageError for an image too narrow to crop, LowConfidenceError where the network's numbers
        make no head.
        """
        result = self.reconstruct_batch([image])[0]
        if isinstance(result, ItemError):
            raise result
        return result

    def open_texture_data(self) -> TextureData:
        """FLAME's texture data, as Reconstructor."""
        return load_texture_data(find(TEXTURE_DATA_FILE, self._flame_folder), self._faces)

    def open_neutral_head(self) -> NeutralHead:
        """FLAME's head with a reconstruction's shape, in FLAME's own frame, as Reconstructor."""
        file = find(FLAME_MODEL_FILE, self._flame_folder)
        flame = load_flame_model(file)
        if len(flame.template) != self._network.vertex_count:
            problem = f"has {len(flame.template)} vertices, and RingNet's network yields {self._network.vertex_count}"
            raise ModelFileError(str(file), problem, FLAME_MODEL_FILE.download.remedy(file.path.parent))
        return lambda reconstruction: flame.neutral_vertices(reconstruction.parameters["shape"])

    def open_landmarks(self) -> MeshLandmarks:
        """FLAME's 68 landmarks, as Reconstructor."""
        return open_flame_landmarks(self._flame_folder, self._faces)

    def reconstruct_batch(
        self, images: Sequence[npt.NDArray[np.uint8]], people: Sequence[Sequence[Person]] = ()
    ) -> list[Reconstruction | ItemError]:
        """For each of `images` what `reconstruct` returns or raises; at most `batch_size` go through at once."""
        results: list[Reconstruction | ItemError] = []
        for start in range(0, len(images), self.batch_size):
            results += self._reconstruct_at_once(images[start : start + self.batch_size])
        return results

    def _reconstruct_at_once(self, images: Sequence[npt.NDArray[np.uint8]]) -> Iterator[Reconstruction | ItemError]:
        crops = [_crop_or_error(image) for image in images]
        inputs = [network_input(crop[0]) for crop in crops if not isinstance(crop, ItemError)]
        outputs = zip(*self._network(np.concatenate(inputs)), strict=True) if inputs else iter(())
        for crop in crops:
            yield crop if isinstance(crop, ItemError) else self._reconstruction(*next(outputs), crop[1])

    def _reconstruction(
        self, vector: npt.NDArray[np.float32], vertices: npt.NDArray[np.float32], crop: Crop
    ) -> Reconstruction | ItemError:
        if not (np.isfinite(vector).all() and np.isfinite(vertices).all()):
            return LowConfidenceError("RingNet's numbers for this image are not finite")
        parameters = split_parameters(vector)
        scale, x, y = (float(value) for value in parameters["cam"])
        if scale <= 0:
            return LowConfidenceError(f"RingNet's camera scale for this image is {scale:.3g}, which shows no head")
        translation = np.array([x, y, head_distance(scale)])
        return Reconstruction(
            vertices, self._faces, translation, crop.camera, parameters, keypoint_vertices=FLAME_KEYPOINT_VERTICES
        )


def files_to_hash(options: ReconstructionOptions) -> list[Path]:
    """The files that are read when RingNet is loaded, the largest first; none where it can't be loaded."""
    try:
        files = locate_checkpoint(options.model_folder)
    except ModelFileError:
        return []
    found = [find_if_there(wanted, options.flame_folder) for wanted in FLAME_FILES]
    flame_files = [file.path for file in found if file and not file.is_packed]
    return [files.data, *kept_files(folders_for(files)), files.meta, files.index, *flame_files]


def _fingerprint(files: CheckpointFiles, flame_folder: Path) -> str:
    found = [(wanted, find_if_there(wanted, flame_folder)) for wanted in FLAME_FILES]
    return " ".join([files.fingerprint, *(_digest(file, wanted) for wanted, file in found if file)])


def _digest(file: FoundFile, wanted: Wanted) -> str:
    """The SHA-256 of a file's content; of one that can't be unpacked that of the file, which only counts if it is used:
    then reading it says why.
    """
    try:
        return file.sha256(wanted.max_bytes)
    except PackedFileError:
        return sha256_of_file(file.path)


def _crop_or_error(image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], Crop] | ItemError:
    try:
        return crop_image(image)
    except ItemError as error:
        return error
