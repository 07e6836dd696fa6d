"""`python run_in.py FAULT ARGUMENTS...`: the command, in a process in which something is wrong with the world."""

from __future__ import annotations

import codecs
import importlib
import itertools
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def file_size_quota() -> None:
    """No file may grow beyond 20,000 bytes: an overlay doesn't fit."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def few_file_descriptors() -> None:
    """The models' files can be opened, several outputs at once can't."""
    _load_everything()
    codecs.lookup("ascii")
    importlib.import_module("tqdm")
    here = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    resource.setrlimit(resource.RLIMIT_NOFILE, (here + 9, here + 9))


def little_memory() -> None:
    """What is loaded may stay, and hardly anything comes to it."""
    _load_everything()
    with Path("/proc/self/statm").open() as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 60_000_000, used + 60_000_000))


def clock_going_backwards() -> None:
    """Each look at the clock shows an earlier time."""
    steps = itertools.count()
    start = time.time()
    time.time = lambda: start - 3600.0 * next(steps)  # type: ignore[assignment]


def no_hard_links() -> None:
    """As many network file systems."""
    os.link = _refuse  # type: ignore[assignment]
    os.symlink = _refuse  # type: ignore[assignment]


def slow_renames() -> None:
    """Every rename and every flush takes its time."""
    os.replace, os.fsync = _slowly(os.replace), _slowly(os.fsync)  # type: ignore[assignment]


def failing_renames() -> None:
    """Every fifth rename fails."""
    os.replace = _sometimes(os.replace, 5)  # type: ignore[assignment]


def failing_flushes() -> None:
    """Every third flush reports that the disk has lost what was written."""
    os.fsync = _sometimes(os.fsync, 3)  # type: ignore[assignment]


def closed_output() -> None:
    """The command has nothing to speak to."""
    os.close(1)
    os.close(0)


def _load_everything() -> None:
    from batch_helper import ImageMasker
    from masking.core.config import load_config

    config = load_config(None, [("", "DEFAULT.INPUT_FOLDER", "/"), ("", "DEFAULT.OUTPUT_FOLDER", "/")], None, False)
    models = ImageMasker(config)
    import numpy as np

    levels = np.zeros((224, 224, 3), np.uint8)
    vertices = np.array([[0.0, 0.0, 1.0], [0.1, 0.0, 1.0], [0.0, 0.1, 1.0]])
    from masking.geometry.camera import PinholeCamera

    models._masker.renderer.render(
        vertices, np.array([[0, 1, 2]], np.int32), PinholeCamera(500.0, (10, 10)), *levels.shape[:2]
    )
    import scipy.spatial  # noqa: F401

    import masking.pipeline.engines.this_process
    import masking.pipeline.journal
    import masking.pipeline.resume
    import masking.pipeline.run_log  # noqa: F401


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def _slowly(action: Callable[..., object]) -> Callable[..., object]:
    def act(*arguments: object) -> object:
        time.sleep(0.02)
        return action(*arguments)

    return act


def _sometimes(action: Callable[..., object], often: int) -> Callable[..., object]:
    calls = itertools.count(1)

    def act(*arguments: object) -> object:
        if next(calls) % often == 0:
            raise OSError(5, "Input/output error", str(arguments[-1]))
        return action(*arguments)

    return act


FAULTS: dict[str, Callable[[], None]] = {
    fault.__name__: fault
    for fault in (
        file_size_quota, few_file_descriptors, little_memory, clock_going_backwards, no_hard_links, slow_renames,
        failing_renames, failing_flushes, closed_output,
    )
}  # fmt: skip

if __name__ == "__main__":
    from batch_process import main

    FAULTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
