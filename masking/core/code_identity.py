"""What the code is that makes an image's outputs: its own files, the libraries that it computes with, and Python.

A version number is not enough: a changed light, or an update of NumPy, gives other pixels under the same number. An
edit of a comment changes the identity too, and costs a needless run; a mask of yesterday's code beside one of today's
can't happen.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
BESIDE_PACKAGE = ("batch_helper.py", "landmark_cropping.py")
NO_PIXELS = frozenset(
    {
        "audit", "commands", "pipeline", "reidentification", "report",
        "core/errors.py", "core/config/loading.py", "core/config/reference.py", "core/config/template.py",
        "core/config/options/reidentification.py", "dataset/layout.py", "dataset/photo_lock.py",
    }
)  # fmt: skip
"""Folders and files of the package that no pixel depends on. Whatever is not named here counts."""
COUNTED_SUFFIXES = (".py", ".json")
LIBRARIES = {
    "numpy": ("numpy",),
    "SciPy": ("scipy",),
    "OpenCV": ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
    "numba": ("numba",),
    "llvmlite": ("llvmlite",),
    "Pillow": ("Pillow",),
    "zlib-ng": ("zlib-ng",),
    "LiteRT": ("ai-edge-litert",),
    "dlib": ("dlib-bin", "dlib"),
    "OpenDR": ("opendr",),
}
"""What outputs are computed with, and the packages that may provide it. TensorFlow is not among them: RingNet names it
where it computes with it, and elsewhere it may be missing.
"""
TENSORFLOW = ("tensorflow", "tensorflow-cpu")
CODE = "the program's own code"

Identity = Mapping[str, str]
"""The SHA-256 of the code under CODE, and the version of everything else by its name."""


def identity() -> Identity:
    """What this process computes with: the code as it was when the process began to load it."""
    return {CODE: _CODE_AT_START, **_versions()}


def identity_fingerprint() -> bytes:
    """SHA-256 (32 bytes) of `identity`."""
    text = "\n".join(f"{name}\0{value}" for name, value in sorted(identity().items()))
    return hashlib.sha256(text.encode("utf-8")).digest()


def has_changed_since_start() -> bool:
    """Whether the code's files differ from those that this process began to load."""
    return code_fingerprint() != _CODE_AT_START


def differences(before: Identity, now: Identity) -> list[str]:
    """For people: what differs between two identities, such as `numpy 2.3.1 -> 2.4.0`."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return [
        f"{name} has changed" if name == CODE else f"{name} {before.get(name, 'none')} -> {now.get(name, 'none')}"
        for name in names
    ]


def code_fingerprint() -> str:
    """SHA-256, hexadecimal, of the names and contents of all files that outputs depend on, as they are now."""
    digest = hashlib.sha256()
    for name, path in _files():
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE).as_posix()
        if path.suffix in COUNTED_SUFFIXES and not {name, name.split("/")[0]} & NO_PIXELS:
            yield name, path
    for name in BESIDE_PACKAGE:
        if (path := PACKAGE.parent / name).is_file():
            yield f"../{name}", path


@cache
def _versions() -> Identity:
    libraries = {name: installed_version(packages) for name, packages in LIBRARIES.items()}
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{sys.platform} {platform.machine()}",
        **{name: found for name, found in libraries.items() if found},
    }


def installed_version(packages: tuple[str, ...]) -> str:
    """The version of the first of `packages` that is installed; empty where none is."""
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:  # noqa: PERF203 - four at most
            continue
    return ""


_CODE_AT_START = code_fingerprint()
