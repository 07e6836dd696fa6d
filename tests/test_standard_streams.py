"""What is printed never lands in one of the run's own files."""

from __future__ import annotations

import subprocess
import sys

from masking.core.config.options import PROJECT_FOLDER

WITHOUT_STREAMS = """
import os, sys
for number in (0, 1, 2): os.close(number)
from masking.core.safe_files import occupy_standard_streams
occupy_standard_streams()
opened = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
os.write(1, b"printed"); os.write(2, b"printed")
os._exit(opened)
"""


def test_closed_standard_streams_are_not_given_to_files(tmp_path) -> None:
    command = [sys.executable, "-c", WITHOUT_STREAMS, str(tmp_path / "journal")]
    done = subprocess.run(command, cwd=PROJECT_FOLDER, check=False)
    assert done.returncode == 3
    assert (tmp_path / "journal").read_bytes() == b""
