"""The step that packs a converted network's weights, in a process of its own: LiteRT ends it where the disk is full.

`python -m masking.reconstruction.ringnet.pack MODEL VERTEX_COUNT PACKED`, with open descriptors of the converted file
and of the empty file for the packed weights.
"""

from __future__ import annotations

import sys

from masking.reconstruction.ringnet.kept_files import path_of_descriptor
from masking.reconstruction.ringnet.litert_network import LiteRTNetwork
from masking.reconstruction.ringnet.probes import probe_images


def main(arguments: list[str]) -> None:
    """Fill the file."""
    model, vertex_count, packed = (int(argument) for argument in arguments)
    network = LiteRTNetwork(
        path_of_descriptor(model), vertex_count=vertex_count, packed_path=path_of_descriptor(packed)
    )
    network(probe_images()[:1])


if __name__ == "__main__":
    main(sys.argv[1:])
