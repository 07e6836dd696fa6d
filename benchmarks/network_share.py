"""Share of a worker's CPU time that is spent inside its networks, once warm."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from masking.core.process import set_up_process


def main() -> int:
    """Mask a tree twice in this process and print the share of the second time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", action="append", default=[], dest="settings")
    options = parser.parse_args()
    set_up_process()
    from batch_helper import ImageMasker
    from masking.core.config import load_config
    from masking.dataset import PreparedImage, walk
    from masking.faces.networks import Network as FaceMeshNetwork
    from masking.reconstruction.ringnet.litert_network import LiteRTNetwork
    from masking.reconstruction.ringnet.tensorflow_network import TensorFlowNetwork

    config = load_config(None, [("--set", *setting.partition("=")[::2]) for setting in options.settings])
    clock = Clock()
    # The whole process is counted, for TensorFlow works in threads of its own; nothing else runs meanwhile.
    FaceMeshNetwork.run = clock.around(FaceMeshNetwork.run)  # type: ignore[method-assign]
    for network in (LiteRTNetwork, TensorFlowNetwork):
        network.__call__ = clock.around(network.__call__)  # type: ignore[method-assign]
    masker = ImageMasker(config)
    images = [entry for entry in walk(config.folders.input_folder) if isinstance(entry, PreparedImage)]
    for image in images[:10]:
        masker.mask(image)
    clock.seconds = 0.0
    started = time.process_time()
    for image in images[10:]:
        masker.mask(image)
    total = time.process_time() - started
    print(f"{1000 * total / len(images[10:]):.1f} ms of CPU time an image, share inside the network:")
    print(f"{clock.seconds / total:.4f}")
    return 0


class Clock:
    """Adds up the process's CPU time inside functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its time counted."""

        def timed(*arguments: Any, **options: Any) -> Any:
            started = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds += time.process_time() - started

        return timed


if __name__ == "__main__":
    sys.exit(main())
