"""One thread for each process: workers side by side share the cores by being many, and the same image gives the same
bytes wherever it is masked.
"""

from __future__ import annotations

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


def use_one_thread() -> None:
    """Keep the numerical libraries to one thread; to be called before they are imported."""
    os.environ.update(ONE_THREAD)
    import cv2

    cv2.setNumThreads(1)
