"""Photo -> Reconstruction: a face mesh in metres and the camera that lays it over the photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from masking.camera import PinholeCamera
from masking.config.options import ReconstructionOptions


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
    """

    vertices: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]
    translation: npt.NDArray[np.float64]
    camera: PinholeCamera
    parameters: Mapping[str, npt.NDArray[np.floating]] = field(default_factory=dict)
    score: float | None = None
    landmarks: npt.NDArray[np.float64] | None = None

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

    def reconstruct(self, image: npt.NDArray[np.uint8]) -> Reconstruction:
        """Reconstruct the one face in `image` (H, W, 3) uint8 RGB.

        Raises NoFaceError, SeveralFacesError or LowConfidenceError where there isn't exactly one trusted face.
        """
        ...


def _open_facemesh(options: ReconstructionOptions) -> Reconstructor:
    from masking.reconstruction.facemesh import FaceMesh

    return FaceMesh(options.min_score)


_OPENERS: dict[str, Callable[[ReconstructionOptions], Reconstructor]] = {"facemesh": _open_facemesh}


def choose_reconstructor(options: ReconstructionOptions) -> tuple[str, str]:
    """Name of the reconstructor that a run takes, and why it takes that one."""
    if options.reconstructor != "auto":
        return options.reconstructor, f"RECONSTRUCTOR = {options.reconstructor}"
    return "facemesh", "RECONSTRUCTOR = auto, and the face mesh is the one that needs no download"


def open_reconstructor(options: ReconstructionOptions) -> Reconstructor:
    """Load the reconstructor that `choose_reconstructor` names. Raises ModelFileError where a file of it is missing or
    unusable.
    """
    return _OPENERS[choose_reconstructor(options)[0]](options)
