"""RingNet: the official TensorFlow 1 checkpoint, frozen, on today's TensorFlow."""

from masking.reconstruction.ringnet.reconstructor import RingNet

__all__ = ["RingNet"]
