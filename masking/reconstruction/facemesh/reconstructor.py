"""The embedded default: one photo -> the mesh of its one face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from masking.camera import CROP_FOCAL_LENGTH, CROP_SIZE, PinholeCamera
from masking.errors import LowConfidenceError, NoFaceError, NotMaskedError, SeveralFacesError, UnsupportedOutputError
from masking.reconstruction import NeutralHead, Reconstruction
from masking.reconstruction.facemesh.detector import FaceDetector
from masking.reconstruction.facemesh.landmarks_81 import Landmarks81
from masking.reconstruction.facemesh.mesh_network import EYE_CORNERS, FittedFace, MeshNetwork
from masking.reconstruction.facemesh.topology import FaceMeshTopology
from masking.reconstruction.facemesh.unwrapping import unwrapped
from masking.reconstruction.texture_data import TextureData

EYE_CORNER_DISTANCE = 0.09
"""Metres between an adult's outer eye corners: gives the mesh, which has no size of its own, a plausible one."""
CANDIDATE_SCORE = 0.3
MOST_CANDIDATES = 16
NOT_A_FACE = 0.1
"""The landmark network's score below which nobody would call a candidate a face (objects scored up to 0.003)."""
SAME_FACE_DISTANCE = 0.5
"""Faces whose middles are nearer than this share of their size are one face found twice."""


class FaceMesh:
    """MediaPipe's detector and 468-point face mesh, extended and subdivided. Implements Reconstructor."""

    batch_size = 1

    def __init__(self, min_score: float) -> None:
        self._detector = FaceDetector()
        self._mesh = MeshNetwork()
        self._topology = FaceMeshTopology()
        self._landmarks = Landmarks81()
        self._min_score = min_score
        networks = (self._detector.network, self._mesh.network)
        names = ", ".join(f"{network.path.name} sha256 {network.sha256[:8]}" for network in networks)
        self.description = f"face mesh ({names})"
        self.fingerprint = " ".join(network.sha256 for network in networks)

    def reconstruct(self, image: npt.NDArray[np.uint8]) -> Reconstruction:
        """Reconstruct the one face in `image` (H, W, 3) uint8 RGB.

        parameters: cam (3,) = scale, tx, ty as RingNet's; score (1,).
        Raises NoFaceError, SeveralFacesError, LowConfidenceError.
        """
        return self._reconstruction(self._one_face(image), image.shape[0], image.shape[1])

    def reconstruct_batch(self, images: Sequence[npt.NDArray[np.uint8]]) -> Sequence[Reconstruction | NotMaskedError]:
        """One after another, as Reconstructor: more at once is no faster."""
        results: list[Reconstruction | NotMaskedError] = []
        for image in images:
            try:
                results.append(self.reconstruct(image))
            except NotMaskedError as error:  # noqa: PERF203
                results.append(error)
        return results

    def open_texture_data(self) -> TextureData:
        """The face mesh unwrapped onto a disk, as Reconstructor. No texture coordinates are published for it."""
        return unwrapped(self._topology.faces)

    def open_neutral_head(self) -> NeutralHead:
        """Raises UnsupportedOutputError: points alone don't tell a face's shape from its expression."""
        raise UnsupportedOutputError(
            "NEUTRALIZE_EXPRESSION = yes needs RingNet: the face mesh can't tell a face's shape from its expression. "
            "Put RingNet's files in place, or set NEUTRALIZE_EXPRESSION = no"
        )

    def _one_face(self, image: npt.NDArray[np.uint8]) -> FittedFace:
        candidates = self._detector.detect(image, CANDIDATE_SCORE)[:MOST_CANDIDATES]
        if not candidates:
            raise NoFaceError("the detector found no face")
        fitted = sorted((self._mesh.fit(image, c) for c in candidates), key=lambda face: -face.score)
        trusted = _distinct([face for face in fitted if face.score >= self._min_score])
        if len(trusted) > 1:
            scores = ", ".join(f"{face.score:.2f}" for face in trusted)
            raise SeveralFacesError(
                f"{len(trusted)} faces found (scores {scores}); a mask of one would show the others"
            )
        if trusted:
            return trusted[0]
        best = fitted[0].score
        if best < NOT_A_FACE:
            raise NoFaceError(f"the detector's {len(candidates)} candidate(s) are no faces (best score {best:.3f})")
        raise LowConfidenceError(f"the face scores {best:.2f}, below MIN_SCORE = {self._min_score:g}")

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
            score=face.score,
            landmarks=self._landmarks.landmarks(points),
        )


def _distinct(faces: list[FittedFace]) -> list[FittedFace]:
    """One of each group of `faces` that lie on the same place, the first of them."""
    kept: list[FittedFace] = []
    for face in faces:
        corners = face.box.reshape(2, 2)
        middle, size = corners.mean(axis=0), float((corners[1] - corners[0]).max())
        others = (other.box.reshape(2, 2).mean(axis=0) for other in kept)
        if all(float(np.linalg.norm(middle - other)) > SAME_FACE_DISTANCE * size for other in others):
            kept.append(face)
    return kept
