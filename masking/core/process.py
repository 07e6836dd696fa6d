"""What a process that masks images sets up first: one thread, and memory that is kept.

One thread, because workers side by side share the cores by being many, and the same image gives the same bytes wherever
it is masked.
"""

from __future__ import annotations

import ctypes
import os

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)
"""What OpenMP, BLAS, numba and TensorFlow read from the environment as they are imported."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""glibc's names for what mallopt(3) sets."""
KEPT_BYTES = 64 << 20
LARGEST_KEPT_ARRAY = 32 << 20


def set_up_process() -> None:
    """Keep the numerical libraries to one thread, and freed memory in the process; to be called before they are
    imported.
    """
    os.environ.update(ONE_THREAD)
    keep_freed_memory()
    import cv2

    cv2.setNumThreads(1)


def keep_freed_memory() -> None:
    """Have malloc keep what is freed, up to KEPT_BYTES, where it is glibc's.

    By default an image's arrays go back to the kernel at once, and it clears about 500 pages again for the next image,
    which costs a tenth of the whole time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT_ARRAY)
