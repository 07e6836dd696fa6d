"""Photo -> Reconstruction: a face mesh in metres and the camera that lays it over the photo."""

from masking.reconstruction.base import NeutralHead, Reconstruction, Reconstructor, joined_mesh
from masking.reconstruction.registry import RECONSTRUCTORS, choose_reconstructor, open_reconstructor

__all__ = [
    "RECONSTRUCTORS",
    "NeutralHead",
    "Reconstruction",
    "Reconstructor",
    "choose_reconstructor",
    "joined_mesh",
    "open_reconstructor",
]
