"""Photo -> Reconstruction: a face mesh in metres and the camera that lays it over the photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera
from masking.config.options import ReconstructionOptions
from masking.errors import ConfigError, NotMaskedError

if TYPE_CHECKING:
    from masking.reconstruction.flame.texture_data import TextureData


@dataclass(frozen=True)
class Reconstruction:
    """One face's mesh.

    vertices (V, 3) float32, metres, head frame: x right, y down, z away from the viewer, origin at the head.
    faces (F, 3) int32, indices into vertices.
    translation (3,) float64, metres: vertices + translation is the camera frame.
    camera: looks at the camera frame in pixels of the whole image.
    parameters: the reconstructor's own numbers, by name.
    score: how far the reconstructor itself trusts that this is a face, 0..1, or None where it doesn't say.
    landmarks (81, 2) float64, pixels as (u, v), where the reconstructor yields them, else None.
    others: further faces of the same image that are to be masked with this one, seen by the same camera.
    unmasked_faces: how many more were found that SEVERAL_FACES leaves as they are.
    """

    vertices: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    translation: npt.NDArray[np.float64]
    camera: PinholeCamera
    parameters: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    score: float | None = None
    landmarks: npt.NDArray[np.float64] | None = None
    others: tuple[Reconstruction, ...] = ()
    unmasked_faces: int = 0

    @property
    def all_faces(self) -> tuple[Reconstruction, ...]:
        """The face itself and its `others`."""
        return (self, *self.others)

    @property
    def camera_vertices(self) -> npt.NDArray[np.float64]:
        """Vertices (V, 3) float64, metres, camera frame."""
        return self.vertices.astype(np.float64) + self.translation


class Reconstructor(Protocol):
    """A loaded model. `description` names it and its files for people, as `RingNet (ring_6_68641, sha256 1f2e3d4c)`;
    `fingerprint` holds the whole SHA-256 of each file that its outputs depend on.
    """

    description: str
    fingerprint: str
    batch_size: int
    """Images that it takes at once."""

    def reconstruct(self, image: npt.NDArray[np.uint8]) -> Reconstruction:
        """Reconstruct the one face in `image` (H, W, 3) uint8 RGB.

        Raises NoFaceError, SeveralFacesError or LowConfidenceError where there isn't exactly one trusted face.
        """
        ...

    def reconstruct_batch(self, images: Sequence[npt.NDArray[np.uint8]]) -> Sequence[Reconstruction | NotMaskedError]:
        """For each of `images` what `reconstruct` returns or raises."""
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


def _open_facemesh(options: ReconstructionOptions) -> Reconstructor:
    from masking.reconstruction.facemesh import FaceMesh

    return FaceMesh(options.min_score, options.several_faces)


def _open_ringnet(options: ReconstructionOptions) -> Reconstructor:
    if options.several_faces != "refuse":
        raise ConfigError(
            [
                f"[RECONSTRUCTION] SEVERAL_FACES = {options.several_faces} needs the face mesh: RingNet takes an image "
                "for one face. Set RECONSTRUCTOR = facemesh, or SEVERAL_FACES = refuse"
            ]
        )
    from masking.reconstruction.ringnet import RingNet

    return RingNet(options)


_OPENERS: dict[str, Callable[[ReconstructionOptions], Reconstructor]] = {
    "facemesh": _open_facemesh,
    "ringnet": _open_ringnet,
}


def choose_reconstructor(options: ReconstructionOptions) -> tuple[str, str]:
    """Name of the reconstructor that a run takes, and why it takes that one.

    `auto` takes RingNet as soon as one file of its checkpoint is there: where another is missing, that is an error to
    be told, and no reason to make masks of another kind.
    """
    from masking.reconstruction.ringnet.checkpoint import CheckpointFiles

    if options.reconstructor != "auto":
        return options.reconstructor, f"RECONSTRUCTOR = {options.reconstructor}"
    if any(path.exists() for path in CheckpointFiles(options.model_folder).all):
        return "ringnet", f"RECONSTRUCTOR = auto, and {options.model_folder} holds RingNet's checkpoint"
    return "facemesh", f"RECONSTRUCTOR = auto, and {options.model_folder} holds no RingNet checkpoint"


def open_reconstructor(options: ReconstructionOptions) -> Reconstructor:
    """Load the reconstructor that `choose_reconstructor` names. Raises ModelFileError where a file of it is missing or
    unusable.
    """
    return _OPENERS[choose_reconstructor(options)[0]](options)
