"""Digital masks: grey renderings of a 3D face reconstruction, cut along the face and laid over the photo."""

__version__ = "0.1.0"
