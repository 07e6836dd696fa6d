"""What a file's name says: a photo, an output, a dropping of some program, or something that looks like a photo."""

from __future__ import annotations

import os
import re

from masking.core.unicode_names import same_name
from masking.dataset.outputs import ALL_KINDS

PREPARED_SUFFIX = "_prep"
IMAGE_EXTENSIONS = (".png", ".jpg", ".jpeg")
OTHER_EXTENSIONS = (".jfif", ".webp", ".tif", ".tiff", ".bmp", ".avif")
"""Read too, unless a PNG or JPEG of the same name stands beside it."""
UNREAD_EXTENSIONS = (
    ".heic", ".heif", ".gif", ".jxl", ".jp2", ".psd", ".svg", ".ppm", ".pgm", ".exr", ".qoi",
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2",
)  # fmt: skip
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".txt", ".icloud")
"""What programs add to the name of a picture that isn't there yet, or hide the true ending behind."""
ICLOUD = ".icloud"
READ_EXTENSIONS = IMAGE_EXTENSIONS + OTHER_EXTENSIONS
OUTPUT_PICTURES = tuple(kind.suffix for kind in ALL_KINDS if kind.suffix.endswith(READ_EXTENSIONS))
"""How the names of outputs end that could be taken for photos."""
DROPPINGS = frozenset(
    {
        "@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "__macosx", "$recycle.bin",
        "system volume information", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini",
    }
)  # fmt: skip
"""What network storage, Windows and archives leave in every folder."""
LIKE_PREPARED = re.compile(r"(?<![a-z])prep")


def is_dropping(name: str) -> bool:
    """Whether it is not part of the tree: hidden, as macOS's `._X_prep.png`, or a file server's or Windows' own."""
    return name[0] == "." or name.casefold() in DROPPINGS


def is_prepared_name(name: str) -> bool:
    """Whether a file of this name is a prepared image: `X_prep.png` or of another ending that is read, in any case."""
    stem, extension = os.path.splitext(name.lower())  # noqa: PTH122 - a Path each is slow
    return stem.endswith(PREPARED_SUFFIX) and extension in READ_EXTENSIONS and name[0] != "."


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is a picture that is read, and none that a run writes."""
    return name.lower().endswith(READ_EXTENSIONS) and name[0] != "." and not is_output_picture(name)


def is_output_picture(name: str) -> bool:
    """Whether a run may have written a picture of this name."""
    return name.lower().endswith(OUTPUT_PICTURES)


def photo_of_output(name: str) -> str:
    """What the name of the photo begins with that an output of this name belongs to, as `same_name` gives it."""
    suffix = next(suffix for suffix in OUTPUT_PICTURES if name.lower().endswith(suffix))
    return same_name(name[: -len(suffix)])


def is_first_choice(name: str) -> bool:
    """Whether it is a PNG or JPEG by its name."""
    return name.lower().endswith(IMAGE_EXTENSIONS)


def why_left_alone(name: str, *, prepared_only: bool) -> str:
    """Why a file of this name, which is not taken for a photo, isn't one though it looks like one; empty if it doesn't.

    prepared_only: photos are the files whose names end in `_prep`.
    """
    lower = name.lower()
    if name[0] == "." and not lower.endswith(ICLOUD):
        return ""
    ending = next((ending for ending in UNFINISHED if lower.endswith(ending)), "")
    inner = lower.removesuffix(ending).lstrip(".") if ending else lower
    is_picture = inner.endswith(READ_EXTENSIONS + UNREAD_EXTENSIONS)
    if not is_picture or is_output_picture(inner):
        return ""
    if prepared_only and not LIKE_PREPARED.search(os.path.splitext(inner)[0]):  # noqa: PTH122
        return ""
    if ending:
        return "not downloaded from iCloud" if ending == ICLOUD else f"its name ends in {ending}"
    if inner.endswith(UNREAD_EXTENSIONS):
        return "of a format that isn't read"
    if prepared_only and not is_prepared_name(name):
        return f"its name doesn't end in {PREPARED_SUFFIX}"
    return "a PNG or JPEG of the same name is there" if not is_first_choice(name) else ""
