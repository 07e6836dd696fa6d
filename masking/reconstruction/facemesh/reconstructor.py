"""The embedded default: one photo -> the mesh of its one face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from masking.camera import CROP_FOCAL_LENGTH, CROP_SIZE, PinholeCamera
from masking.errors import LowConfidenceError, NoFaceError, NotMaskedError, SeveralFacesError, UnsupportedOutputError
from masking.faces.detector import FaceDetector
from masking.reconstruction import NeutralHead, Reconstruction
from masking.reconstruction.facemesh.landmarks_81 import Landmarks81
from masking.reconstruction.facemesh.mesh_network import EYE_CORNERS, FittedFace, MeshNetwork
from masking.reconstruction.facemesh.topology import FaceMeshTopology
from masking.reconstruction.facemesh.unwrapping import unwrapped
from masking.reconstruction.flame.texture_data import TextureData

EYE_CORNER_DISTANCE = 0.09
"""Metres between an adult's outer eye corners: gives the mesh, which has no size of its own, a plausible one."""
CANDIDATE_SCORE = 0.3
"""The detector's score from which a place may be the face."""
OTHER_CANDIDATE_SCORE = 0.2
"""The detector's score from which a place may be another face: lower, as one in the background must not be missed."""
MOST_CANDIDATES = 16
NOT_A_FACE = 0.1
"""The landmark network's score below which nobody would call a candidate a face (objects scored up to 0.003)."""
OTHER_FACE_SCORE = 0.3
"""The landmark network's score from which a place beside the face may be another face (docs/promises.md)."""
SAME_FACE_DISTANCE = 0.5
"""Faces whose middles are nearer than this share of the larger one's size are one face found twice."""


class FaceMesh:
    """MediaPipe's detector and 468-point face mesh, extended and subdivided. Implements Reconstructor."""

    batch_size = 1

    def __init__(self, min_score: float, several_faces: str = "refuse") -> None:
        self._detector = FaceDetector()
        self._mesh = MeshNetwork()
        self._topology = FaceMeshTopology()
        self._landmarks = Landmarks81()
        self._min_score = min_score
        self._several_faces = several_faces
        networks = (self._detector.network, self._mesh.network)
        names = ", ".join(f"{network.path.name} sha256 {network.sha256[:8]}" for network in networks)
        self.description = f"face mesh ({names})"
        self.fingerprint = " ".join(network.sha256 for network in networks)

    def reconstruct(self, image: npt.NDArray[np.uint8]) -> Reconstruction:
        """Reconstruct the face in `image` (H, W, 3) uint8 RGB; of several, the largest or all as SEVERAL_FACES says.

        parameters: cam (3,) = scale, tx, ty as RingNet's; score (1,).
        Raises NoFaceError, SeveralFacesError, LowConfidenceError.
        """
        chosen, left = self._chosen_faces(image)
        height, width = image.shape[:2]
        first, *others = (self._reconstruction(face, height, width) for face in chosen)
        return replace(first, others=tuple(others), unmasked_faces=left)

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

    def _chosen_faces(self, image: npt.NDArray[np.uint8]) -> tuple[list[FittedFace], int]:
        """The faces to be masked, largest first, and how many more there may be."""
        sure, unsure = self._fit(image)
        trusted = _distinct([face for face in sure if face.score >= self._min_score])
        if not trusted:
            best = sure[0].score
            if best < NOT_A_FACE:
                raise NoFaceError(f"the detector's {len(sure)} candidate(s) are no faces (best score {best:.3f})")
            raise LowConfidenceError(f"the face scores {best:.2f}, below MIN_SCORE = {self._min_score:g}")
        found = _distinct([*trusted, *(face for face in [*sure, *unsure] if face.score >= OTHER_FACE_SCORE)])
        trusted.sort(key=lambda face: -face.size)
        chosen = trusted if self._several_faces == "all" else trusted[:1]
        if len(found) > len(chosen) and self._several_faces != "largest":
            scores = ", ".join(f"{face.score:.2f}" for face in found)
            raise SeveralFacesError(
                f"{len(found)} faces found (scores {scores}); a mask of {len(chosen)} would show the others"
            )
        return chosen, len(found) - len(chosen)

    def _fit(self, image: npt.NDArray[np.uint8]) -> tuple[list[FittedFace], list[FittedFace]]:
        """What is seen at the detector's candidates, surest first, and at places that may be another face's."""
        sure, unsure = self._detector.detect_and_suspect(image, CANDIDATE_SCORE, OTHER_CANDIDATE_SCORE)
        if not sure:
            raise NoFaceError("the detector found no face")
        rgba = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
        faces = [self._mesh.fit(rgba, candidate) for candidate in sure[:MOST_CANDIDATES]]
        others = [self._mesh.fit(rgba, candidate) for candidate in unsure[:MOST_CANDIDATES]]
        return sorted(faces, key=lambda face: -face.score), others

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
        distances = (float(np.linalg.norm(face.middle - other.middle)) / max(face.size, other.size) for other in kept)
        if all(distance > SAME_FACE_DISTANCE for distance in distances):
            kept.append(face)
    return kept
