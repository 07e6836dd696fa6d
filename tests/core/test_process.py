"""What a process that masks images sets up first."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PAGES_OF_FREED_ARRAYS = """
import resource, sys
import numpy as np
from masking.core.process import set_up_process

if "set-up" in sys.argv:
    set_up_process()

def work():
    arrays = [np.ones((1024, 1024, 3), np.uint8) for _ in range(4)]

work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_asked_for(*arguments: str) -> int:
    """Pages that a fresh process gets from the kernel while it makes and frees equal arrays again and again."""
    command = [sys.executable, "-c", PAGES_OF_FREED_ARRAYS, *arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told")
def test_freed_memory_serves_the_next_image() -> None:
    assert pages_asked_for() > 1000
    assert pages_asked_for("set-up") < 100
