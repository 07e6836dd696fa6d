"""Digital masks: grey renderings of a 3D face reconstruction, cut along the face and laid over the photo.

    from masking import Masker

    result = Masker().mask(photo)
    result.overlay, result.mask_only, result.landmarks, result.mesh

`Masker` works in memory; `mask_tree` masks a folder as the command does. What is named here is loaded when it is first
used.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if sys.platform == "win32":
    print(
        "error: batch-face-masking runs on Linux and macOS; on Windows it runs in WSL2, the Linux that Windows brings: "
        "install that with `wsl --install` and work in its terminal",
        file=sys.stderr,
    )
    sys.exit(2)

if TYPE_CHECKING:
    from masking.masks.interface import Masker, mask_tree

__version__ = "0.3.0"
__all__ = ["Masker", "__version__", "mask_tree"]

_HOMES = {"Masker": "masking.masks.interface", "mask_tree": "masking.masks.interface"}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'masking' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
