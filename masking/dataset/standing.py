"""What is there already where outputs are to go: one listing of a video's folders shows it for all of its images."""

from __future__ import annotations

import os
from collections.abc import Collection

from masking.dataset.outputs import (
    BESIDE_LOCATIONS,
    MASK_PAIR,
    RETIRED_LOCATIONS,
    all_locations,
    is_flat,
    locations_of,
    output_paths,
)
from masking.dataset.tree import PreparedImage


class StandingFiles:
    """Looks at each folder once; what comes into it later is not seen."""

    def __init__(self, output_folder: str) -> None:
        self._output_folder = output_folder
        self._names: dict[str, frozenset[str]] = {}

    def foreign_locations(self, image: PreparedImage, ours: Collection[str]) -> frozenset[str]:
        """The locations of the image's outputs that are not this program's to touch. ours: those at which a record says
        that it wrote something. Names that only earlier versions gave are its own nowhere else, and nor is what stands
        beside a photo whose outputs, or all but overlay and mask, go into OUTPUT_FOLDER only.
        """
        not_written = set(RETIRED_LOCATIONS)
        if image.backup_only or image.flat_backup:
            not_written |= BESIDE_LOCATIONS.difference(*(locations_of(kind, image) for kind in MASK_PAIR))
        return (self._places_of(image) | not_written).difference(ours)

    def _places_of(self, image: PreparedImage) -> frozenset[str]:
        """The locations of the image's outputs at which there is anything."""
        locations = all_locations(image)
        paths = output_paths(self._output_folder, image, locations)
        return frozenset(
            location
            for location, path in zip(locations, paths, strict=True)
            if (os.path.lexists(path) if is_flat(location) else self._stands(path))
        )

    def _stands(self, path: str) -> bool:
        folder, name = os.path.split(path)
        if folder not in self._names:
            self._names[folder] = _names_in(folder)
        return name in self._names[folder]


def _names_in(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208
    except OSError:
        # Where it can't be listed, nothing can be published either, which says why.
        return frozenset()
