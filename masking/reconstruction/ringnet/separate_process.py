"""One step in a process of its own, whose memory is free again, and whose crash is no crash of this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from masking.core.code_identity import PACKAGE

PATIENCE = 900.0
"""Seconds after which a step is given up."""


class StepFailedError(Exception):
    """The process ended before its step was done. The message says how."""


def run_step(module: str, *arguments: str, descriptors: Sequence[int], patience: float = PATIENCE) -> None:
    """Run `python -m module arguments` with these descriptors open under their numbers, and wait for its end.

    Raises StepFailedError where it ends with another code than 0, or not in time.
    """
    # In the package's own folder: Python would look for modules in the current one, which may be somebody else's.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])}
    environment["CUDA_VISIBLE_DEVICES"] = "-1"
    process = subprocess.Popen(  # noqa: S603 - this very Python and a module of our own
        [sys.executable, "-m", module, *arguments],
        cwd=PACKAGE.parent,
        env=environment,
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        code = process.wait(patience)
    except subprocess.TimeoutExpired as error:
        raise StepFailedError(f"it was not done in {patience:.0f} s") from error
    finally:
        process.kill()
        process.wait()
    if code < 0:
        raise StepFailedError(f"its process was ended by signal {-code}; memory may have run out")
    if code > 0:
        raise StepFailedError(f"its process ended with code {code}")
