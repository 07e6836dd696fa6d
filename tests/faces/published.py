"""Packages that published the networks which this project carries, downloaded to be compared with."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path


def wheel(folder: Path, package: str, sha256: str) -> zipfile.ZipFile:
    """The wheel of `package`, NAME==VERSION, whose hash is `sha256`, downloaded into `folder`."""
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{package} --hash=sha256:{sha256}\n", encoding="utf-8")
    options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", pinned, "--dest", folder]
    subprocess.run([sys.executable, "-m", "pip", "download", *options], check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))
