"""RingNet: the official TensorFlow 1 checkpoint, converted once, on today's runtimes."""

from masking.reconstruction.ringnet.reconstructor import RingNet

__all__ = ["RingNet"]
