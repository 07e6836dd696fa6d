"""The embedded default: people that the face finder has proven -> their meshes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from masking.core.errors import ItemError, UnsupportedOutputError
from masking.faces.finder import Person
from masking.faces.mesh_network import EYE_CORNERS, KEYPOINT_VERTICES, FittedFace
from masking.faces.networks import LANDMARK_FILE, WEIGHTS
from masking.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, PinholeCamera
from masking.reconstruction.base import MeshLandmarks, NeutralHead, Reconstruction
from masking.reconstruction.facemesh.topology import FaceMeshTopology
from masking.reconstruction.facemesh.unwrapping import unwrapped
from masking.reconstruction.flame.texture_data import TextureData

EYE_CORNER_DISTANCE = 0.09
"""Metres between an adult's outer eye corners: gives the mesh, which has no size of its own, a plausible one."""


class FaceMesh:
    """The 468 points of each person's face, extended and subdivided. Implements Reconstructor."""

    batch_size = 1
    finds_a_head_in_any_photo = False
    description = f"face mesh ({LANDMARK_FILE} sha256 {WEIGHTS[LANDMARK_FILE][:8]})"
    fingerprint = WEIGHTS[LANDMARK_FILE]

    def __init__(self) -> None:
        self._topology = FaceMeshTopology()

    def reconstruct(self, image: npt.NDArray[np.uint8], people: Sequence[Person]) -> Reconstruction:
        """Reconstruct the faces of `people` in `image` (H, W, 3) uint8 RGB, as Reconstructor.

        parameters: cam (3,) = scale, tx, ty as RingNet's; score (1,).
        """
        height, width = image.shape[:2]
        first, *others = (self._reconstruction(person.face, height, width) for person in people)
        return replace(first, others=tuple(others))

    def reconstruct_batch(
        self, images: Sequence[npt.NDArray[np.uint8]], people: Sequence[Sequence[Person]]
    ) -> Sequence[Reconstruction | ItemError]:
        """One after another, as Reconstructor."""
        return [self.reconstruct(image, shown) for image, shown in zip(images, people, strict=True)]

    def open_texture_data(self) -> TextureData:
        """The face mesh unwrapped onto a disk, as Reconstructor. No texture coordinates are published for it."""
        return unwrapped(self._topology.faces)

    def open_neutral_head(self) -> NeutralHead:
        """Raises UnsupportedOutputError: points alone don't tell a face's shape from its expression."""
        raise UnsupportedOutputError(
            "NEUTRALIZE_EXPRESSION = yes needs RingNet: the face mesh can't tell a face's shape from its expression. "
            "Put RingNet's files in place, or set NEUTRALIZE_EXPRESSION = no"
        )

    def open_landmarks(self) -> MeshLandmarks:
        """Raises UnsupportedOutputError: the 68 landmarks in 3D are FLAME's."""
        raise UnsupportedOutputError(
            "SAVE_NOW = yes needs RingNet: its seven landmarks are points of FLAME's head. Put RingNet's files in "
            "place, or set SAVE_NOW = no"
        )

    def _reconstruction(self, face: FittedFace, height: int, width: int) -> Reconstruction:
        # Reconstruction and camera count from pixel centres, the network from the picture's corner.
        points = face.points - [0.5, 0.5, 0.0]
        metres_per_pixel = EYE_CORNER_DISTANCE / float(np.linalg.norm(points[EYE_CORNERS[0]] - points[EYE_CORNERS[1]]))
        crop_scale = CROP_SIZE / max(height, width)
        camera = PinholeCamera(CROP_FOCAL_LENGTH / crop_scale, (width / 2, height / 2))
        distance = camera.focal_length * metres_per_pixel
        middle = points.mean(axis=0)
        translation = camera.unproject(middle[None, :2], np.array([distance]))[0]
        seen = self._topology.vertices(points)
        depth = distance + (seen[:, 2] - middle[2]) * metres_per_pixel
        vertices = camera.unproject(seen[:, :2], depth) - translation
        scale = CROP_FOCAL_LENGTH / (0.5 * CROP_SIZE * distance)
        return Reconstruction(
            vertices=vertices.astype(np.float32),
            faces=self._topology.faces,
            translation=translation,
            camera=camera,
            parameters={
                "cam": np.array([scale, translation[0], translation[1]]),
                "score": np.array([face.score]),
            },
            keypoint_vertices=KEYPOINT_VERTICES,
        )
