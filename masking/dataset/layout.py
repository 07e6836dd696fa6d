"""Where in INPUT_FOLDER photos lie, which files are photos, and whom they show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from masking.core.unicode_names import same_name
from masking.dataset.names import PREPARED_SUFFIX, is_first_choice, is_picture_name, is_prepared_name

if TYPE_CHECKING:
    from masking.core.config.options import Folders

DEPTHS = {"identity/video": 2, "identity": 1, "flat": 0}
"""Folders between INPUT_FOLDER and a photo, by the layout's name."""
PATTERNS = {
    2: "INPUT_FOLDER/<identity>/<video>/<image>",
    1: "INPUT_FOLDER/<identity>/<image>",
    0: "INPUT_FOLDER/<image>",
}


@dataclass(frozen=True)
class Layout:
    """How a tree's photos are found.

    depth: folders between INPUT_FOLDER and a photo. prepared_only: photos are the files whose names end in `_prep`;
    else every picture is one, unless its name is one that a run gives. identity_pattern: a regular expression that
    finds, in a flat folder, the identity in the name of a photo.
    """

    depth: int = 2
    prepared_only: bool = True
    identity_pattern: str = ""

    @property
    def name(self) -> str:
        """As INPUT_LAYOUT names it."""
        return next(name for name, depth in DEPTHS.items() if depth == self.depth)

    @property
    def wrong_depth(self) -> str:
        """What is wrong with a photo that lies elsewhere."""
        return f"is at the wrong depth: expected {PATTERNS[self.depth]}"

    def is_photo_name(self, name: str) -> bool:
        """Whether a file of this name is a photo, unless a PNG or JPEG of the same name stands beside it."""
        return is_prepared_name(name) if self.prepared_only else is_picture_name(name)

    def photos_among(self, names: Collection[str]) -> tuple[set[str], set[str]]:
        """Which of one folder's `names` are photos', and which of these would give their outputs the same names."""
        found = {name for name in names if self.is_photo_name(name)}
        first = {stem_of(name) for name in found if is_first_choice(name)}
        photos = {name for name in found if is_first_choice(name) or stem_of(name) not in first}
        stems = Counter(map(stem_of, photos))
        return photos, {name for name in photos if stems[stem_of(name)] > 1}

    def identity_of(self, folder: str, image: str) -> str:
        """Whom the photo `image` in the identity's `folder` shows; a flat folder has none, and names say so instead."""
        if folder or self.depth:
            return folder
        stem = image.rpartition(".")[0]
        match = self._pattern.search(stem) if self._pattern else None
        if match is None:
            return stem.removesuffix(PREPARED_SUFFIX)
        named = match.groupdict().get("identity")
        return named or match.group(1) or stem

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return re.compile(self.identity_pattern) if self.identity_pattern else None

    def matches(self, image: str) -> bool:
        """Whether the pattern, where there is one, finds an identity in the name of a photo."""
        return self._pattern is None or self._pattern.search(image.rpartition(".")[0]) is not None


IDENTITY_VIDEO = Layout()
"""The original's: prepared images at INPUT_FOLDER/<identity>/<video>."""


def layout_of(folders: Folders) -> Layout:
    """The layout that `folders` name, once `auto` has been replaced by what was found."""
    return Layout(
        DEPTHS.get(folders.input_layout, IDENTITY_VIDEO.depth),
        folders.photo_names != "all",
        folders.identity_pattern,
    )


def describe(folders: Folders) -> str:
    """For people: where the photos lie, and which files are photos."""
    layout = layout_of(folders)
    which = "files named *_prep" if layout.prepared_only else "every picture except outputs"
    whom = ""
    if layout.depth == 0:
        pattern = folders.identity_pattern
        whom = f"; identities by {pattern}" if pattern else "; each an identity of its own"
    return f"{layout.name} ({PATTERNS[layout.depth]}); photos: {which}{whom}"


def stem_of(name: str) -> str:
    """What the names of a photo's outputs begin with, as a file system may compare it."""
    return same_name(name.rpartition(".")[0])
