"""Unlike test images, on which the network is tried at a start and its runtimes are compared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.geometry.camera import CROP_SIZE


def probe_images() -> npt.NDArray[np.float32]:
    """Four test images (4, 224, 224, 3) float32 in -1..1: a grey ramp, noise, coloured tiles, a bright disc."""
    random = np.random.default_rng(0)
    shape = (CROP_SIZE, CROP_SIZE, 3)
    ramp = np.broadcast_to(np.linspace(-1, 1, CROP_SIZE, dtype=np.float32)[:, None, None], shape)
    noise = random.uniform(-1, 1, shape).astype(np.float32)
    tiles = np.kron(random.uniform(-1, 1, (7, 7, 3)), np.ones((CROP_SIZE // 7, CROP_SIZE // 7, 1))).astype(np.float32)
    rows, columns = np.mgrid[:CROP_SIZE, :CROP_SIZE] / CROP_SIZE - 0.5
    disc = np.repeat(np.where(np.hypot(rows, columns) < 0.35, 0.6, -0.7)[:, :, None], 3, axis=2).astype(np.float32)
    return np.stack([ramp, noise, tiles, disc])
