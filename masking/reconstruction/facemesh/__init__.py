"""The embedded default: MediaPipe's face mesh, whose weights a package ships."""

from masking.reconstruction.facemesh.reconstructor import FaceMesh

__all__ = ["FaceMesh"]
