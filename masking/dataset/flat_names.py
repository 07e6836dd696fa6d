"""A walk over a tree whose outputs go into a folder for all images, which takes each name once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from masking.core.unicode_names import same_name
from masking.dataset.layout import Layout
from masking.dataset.tree import PassedOver, PreparedImage, RefusedEntry, walk


def walk_for_outputs(
    input_folder: Path, layout: Layout, passed_over: PassedOver | None = None, *, flat_backup: bool
) -> Iterator[PreparedImage | RefusedEntry]:
    """As `tree.walk`; with a `flat_backup` as `one_of_each_name` leaves it."""
    entries = walk(input_folder, layout, passed_over)
    return one_of_each_name(entries, input_folder) if flat_backup else entries


def one_of_each_name(
    entries: Iterable[PreparedImage | RefusedEntry], input_folder: Path
) -> Iterator[PreparedImage | RefusedEntry]:
    """`entries` of a walk over `input_folder`, where of images that would give their outputs in a common folder the
    same names the first one stays and each other is refused.

    What is kept of an image that has been passed takes about 200 bytes.
    """
    folder_of: dict[bytes, str] = {}
    for entry in entries:
        if isinstance(entry, RefusedEntry):
            yield entry
            continue
        name = same_name(entry.stem)
        key = hashlib.blake2b(os.fsencode(name), digest_size=12).digest()
        folder = "/".join(entry.folders)
        if (earlier := folder_of.setdefault(key, folder)) == folder:
            yield entry
            continue
        reason = (
            f"its outputs would have the same names as those of the image in {earlier}, in the one folder that "
            "OUTPUT_LAYOUT = original has for all: rename it, or set OUTPUT_LAYOUT = tree"
        )
        yield RefusedEntry(Path(*entry.folders, entry.name), reason, input_folder)
