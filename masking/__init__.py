"""Digital masks: grey renderings of a 3D face reconstruction, cut along the face and laid over the photo."""

import sys

if sys.platform == "win32":
    print(
        "error: batch-face-masking runs on Linux and macOS; on Windows it runs in WSL2, the Linux that Windows brings: "
        "install that with `wsl --install` and work in its terminal",
        file=sys.stderr,
    )
    sys.exit(2)

__version__ = "0.2.0"
