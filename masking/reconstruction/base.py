"""What a reconstructor gives, and how it is asked: photo -> Reconstruction, a face mesh in metres and the camera that
lays it over the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from masking.core.errors import ItemError
from masking.geometry.camera import PinholeCamera

if TYPE_CHECKING:
    from masking.faces.finder import Person
    from masking.faces.keypoints import Keypoints
    from masking.reconstruction.flame.texture_data import TextureData


@dataclass(frozen=True)
class Reconstruction:
    """One face's mesh.

    vertices (V, 3) float32, metres, head frame: x right, y down, z away from the viewer, origin at the head.
    faces (F, 3) int32, indices into vertices.
    translation (3,) float64, metres: vertices + translation is the camera frame.
    camera: looks at the camera frame in pixels of the whole image.
    parameters: the reconstructor's own numbers, by name.
    keypoint_vertices: the vertices whose means are the right eye, the left eye, the nose tip and the mouth; none where
    the mesh doesn't say.
    others: further faces of the same image that are to be masked with this one, seen by the same camera.
    """

    vertices: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    translation: npt.NDArray[np.float64]
    camera: PinholeCamera
    parameters: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    keypoint_vertices: tuple[Sequence[int], ...] = ((), (), (), ())
    others: tuple[Reconstruction, ...] = ()

    @property
    def all_faces(self) -> tuple[Reconstruction, ...]:
        """The face itself and its `others`."""
        return (self, *self.others)

    @property
    def camera_vertices(self) -> npt.NDArray[np.float64]:
        """Vertices (V, 3) float64, metres, camera frame."""
        return self.vertices.astype(np.float64) + self.translation

    @property
    def keypoints(self) -> Keypoints:
        """The mesh's own right eye, left eye, nose tip and mouth (4, 2), pixels of the image; NaN where it doesn't
        say.
        """
        result = np.full((4, 2), np.nan)
        for row, vertices in enumerate(self.keypoint_vertices):
            if len(vertices):
                seen = self.vertices[list(vertices)].astype(np.float64) + self.translation
                result[row] = self.camera.project(seen).mean(axis=0)
        return result


class Reconstructor(Protocol):
    """A loaded model. `description` names it and its files for people, as `RingNet (ring_6_68641, sha256 1f2e3d4c)`;
    `fingerprint` holds the whole SHA-256 of each file that its outputs depend on.
    """

    description: str
    fingerprint: str
    batch_size: int
    """Images that it takes at once."""
    finds_a_head_in_any_photo: bool
    """Whether it reconstructs a photo without being told who is in it."""

    def reconstruct(self, image: npt.NDArray[np.uint8], people: Sequence[Person]) -> Reconstruction:
        """Reconstruct the faces of `people`, at least one, in `image` (H, W, 3) uint8 RGB.

        Raises ItemError where that can't be done.
        """
        ...

    def reconstruct_batch(
        self, images: Sequence[npt.NDArray[np.uint8]], people: Sequence[Sequence[Person]]
    ) -> Sequence[Reconstruction | ItemError]:
        """For each of `images`, with those who are to be masked in it, what `reconstruct` returns or raises."""
        ...

    def open_texture_data(self) -> TextureData:
        """How the mesh lies in a texture. Raises ModelFileError where a file that says so is missing or damaged."""
        ...

    def open_neutral_head(self) -> NeutralHead:
        """What gives a reconstruction's head at rest, in an upright frame of its own: y up.

        Raises ModelFileError where a file for it is missing or damaged, UnsupportedOutputError where the model knows no
        such thing.
        """
        ...

    def open_landmarks(self) -> MeshLandmarks:
        """What gives a reconstruction's 68 landmarks in 3D, as `open_neutral_head`."""
        ...


def joined_mesh(faces: Sequence[Reconstruction]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """One mesh of all `faces` that one camera sees: vertices (V, 3) float64, metres, camera frame, and triangles
    (F, 3), the first face's first.
    """
    if len(faces) == 1:
        return faces[0].camera_vertices, faces[0].faces
    starts = np.cumsum([0, *(len(face.vertices) for face in faces[:-1])])
    triangles = [face.faces + start for face, start in zip(faces, starts, strict=True)]
    return np.concatenate([face.camera_vertices for face in faces]), np.concatenate(triangles).astype(np.int32)


NeutralHead = Callable[[Reconstruction], npt.NDArray[np.floating]]
"""Takes a reconstruction to its vertices (V, 3), metres, with neutral pose and expression."""

MeshLandmarks = Callable[[npt.NDArray[np.floating]], npt.NDArray[np.float64]]
"""Takes vertices (V, 3), metres, x right, y down, z away, to landmarks (68, 3), iBUG's order, in the same frame."""
