"""Digital masks: grey renderings of a 3D face reconstruction, cut along the face and laid over the photo.

    from masking import Masker

    result = Masker().mask(photo)
    result.overlay, result.mask_only, result.landmarks, result.mesh

`Masker` works in memory; `prepare_tree` and `mask_tree` do a folder as the commands do, and `reidentify` asks who of
two masked folders is still recognised. What is named here is loaded when it is first used.
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
    from masking.preparation.interface import prepare_tree
    from masking.reidentification.interface import reidentify

__version__ = "0.4.0"
__all__ = ["Masker", "__version__", "mask_tree", "prepare_tree", "reidentify"]

_HOMES = {
    "Masker": "masking.masks.interface",
    "mask_tree": "masking.masks.interface",
    "prepare_tree": "masking.preparation.interface",
    "reidentify": "masking.reidentification.interface",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'masking' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
