"""A tree without a single prepared image in its place: what was found, and how to get to what is expected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from masking.core.errors import EmptyTreeError
from masking.dataset.outputs import MASK_ONLY, OVERLAY
from masking.dataset.tree import (
    DEPTH,
    IMAGE_EXTENSIONS,
    PREPARED_SUFFIX,
    WRONG_DEPTH,
    PreparedImage,
    is_prepared_name,
    walk,
)

EXPECTED = "Expected: INPUT_FOLDER/<identity>/<video>/<name>_prep.png (or .jpg, .jpeg)"
OTHER_IMAGE_EXTENSIONS = (".bmp", ".gif", ".heic", ".tif", ".tiff", ".webp")
OUTPUT_ENDINGS = (OVERLAY.suffix, MASK_ONLY.suffix)
MOST_FILES = 100_000
"""Files that are looked at before a verdict."""
SHOWN_NAMES = 5


@dataclass(frozen=True)
class Found:
    """Image files of one kind. example: one of them, below INPUT_FOLDER. depth: folders between the two."""

    example: Path
    count: int

    @property
    def depth(self) -> int:
        """Folders between INPUT_FOLDER and the file."""
        return len(self.example.parts) - 1


def check_layout(input_folder: Path) -> None:
    """Walk no further than to the first image in its place, or the first that is refused for more than its place.

    Raises EmptyTreeError where there is none.
    """
    for entry in walk(input_folder):
        if isinstance(entry, PreparedImage) or entry.reason != WRONG_DEPTH:
            return
    raise EmptyTreeError(explain_layout(input_folder))


def explain_layout(input_folder: Path) -> str:
    """Why no prepared image was found in `input_folder`, and what to change."""
    files = list(islice(_files(input_folder), MOST_FILES))
    prepared = _found(path for path in files if is_prepared_name(path.name))
    if prepared:
        return f"{_what(prepared, 'prepared image', input_folder)} {_misplaced(prepared, input_folder)} {EXPECTED}"
    outputs = _found(path for path in files if path.name.endswith(OUTPUT_ENDINGS))
    if outputs:
        return (
            f"{_what(outputs, 'output', input_folder)} These are masks already, as a run puts them into its "
            f"OUTPUT_FOLDER: give the folder of the photos. {EXPECTED}"
        )
    images = _found(path for path in files if path.suffix.lower() in IMAGE_EXTENSIONS)
    if images:
        return f"{_what(images, 'image', input_folder)} {_not_prepared(images, input_folder)} {EXPECTED}"
    others = _found(path for path in files if path.suffix.lower() in OTHER_IMAGE_EXTENSIONS)
    if others:
        return (
            f"{_what(others, 'image', input_folder)} Only PNG and JPEG are read. Convert them to PNG, under names that "
            f"end in {PREPARED_SUFFIX}.png. {EXPECTED}"
        )
    return f"{_what_else(input_folder, files)} Is this the folder that you meant? {EXPECTED}"


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(name for name in names if name[0] != "."):
            yield Path(parent, name).relative_to(folder)


def _found(paths: Iterator[Path]) -> Found | None:
    first = next(paths, None)
    return None if first is None else Found(first, 1 + sum(1 for _ in paths))


def _what(found: Found, kind: str, input_folder: Path) -> str:
    return (
        f"INPUT_FOLDER {input_folder} holds no prepared image where one is looked for. Found: {found.count} "
        f"{kind}{'' if found.count == 1 else 's'}, as {found.example}."
    )


def _what_else(input_folder: Path, files: list[Path]) -> str:
    names = sorted(path.name for path in input_folder.iterdir())
    if not names:
        return f"INPUT_FOLDER {input_folder} holds no prepared image: it is empty."
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    holds = f"it holds {', '.join(names[:SHOWN_NAMES])}{more}"
    return f"INPUT_FOLDER {input_folder} holds no prepared image: {holds}, and {_files_among(files)} is an image."


def _files_among(files: list[Path]) -> str:
    return f"none of the {len(files)} files in it" if files else "no file in it"


def _misplaced(found: Found, input_folder: Path) -> str:
    folder, parts = input_folder.resolve(), found.example.parts
    if found.depth == 0:
        if _is_of(found.example.name, folder.parent.name):
            return f"It looks like one video's folder: give the folder two levels above it, {folder.parent.parent}."
        return f"They lie in INPUT_FOLDER itself: move each person's images to <identity>/1/, as Ada/1/{parts[-1]}."
    if found.depth < DEPTH:
        if _is_of(found.example.name, folder.name):
            return f"It looks like one identity's folder: give the folder that holds all identities, {folder.parent}."
        moved = Path(parts[0], "1", parts[-1])
        if _is_of(parts[-1], parts[0]):
            return f"There is no level for videos: put each identity's images into one more folder, as {moved}."
        return (
            f"There is one level of folders where two are expected: if {parts[0]} is an identity, put its images into "
            f"a folder for their video, as {moved}; if it is a video, give the folder above as INPUT_FOLDER, "
            f"{folder.parent}."
        )
    extra = found.depth - DEPTH
    above = Path(*parts[:extra])
    return (
        f"There {'is one level' if extra == 1 else f'are {extra} levels'} of folders too many: if {above} is a set "
        f"like query or database, give {input_folder / above} as INPUT_FOLDER; else take the extra folders out, as "
        f"{Path(*parts[extra:])}."
    )


def _is_of(name: str, identity: str) -> bool:
    """Prepared images are usually named <identity>_<frame>_prep.png."""
    return name.startswith(f"{identity}_")


def _not_prepared(found: Found, input_folder: Path) -> str:
    renamed = f"{found.example.stem}{PREPARED_SUFFIX}{found.example.suffix}"
    advice = f"No name ends in {PREPARED_SUFFIX}. If these are loose crops around one face, rename each, as {renamed}"
    where = "." if found.depth == DEPTH else f"; each must lie two folders deep, {found.depth} now."
    return f"{advice}{where} If they are whole frames, cut out the faces first."
