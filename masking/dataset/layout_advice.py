"""A tree without a single prepared image where one belongs: what was found, and how to get to what is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from masking.core.config.options import Folders
from masking.dataset.layout import DEPTHS, IDENTITY_VIDEO, PATTERNS
from masking.dataset.layout_signs import SETS, belongs_to, files_below, ways_of_naming
from masking.dataset.names import PREPARED_SUFFIX, UNREAD_EXTENSIONS, is_picture_name, is_prepared_name
from masking.dataset.outputs import MASK_ONLY, OVERLAY

EXPECTED = "Expected: INPUT_FOLDER/<identity>/<video>/<name>_prep.png (or .jpg, .jpeg)"
OUTPUT_ENDINGS = (OVERLAY.suffix, MASK_ONLY.suffix)
DEPTH = IDENTITY_VIDEO.depth
SHOWN_NAMES = 5
LAYOUT_NAMES = {depth: name for name, depth in DEPTHS.items()}


@dataclass(frozen=True)
class Found:
    """Image files of one kind. example: one of them, below INPUT_FOLDER. depth: folders between the two."""

    example: Path
    count: int

    @property
    def depth(self) -> int:
        """Folders between INPUT_FOLDER and the file."""
        return len(self.example.parts) - 1


def explain_layout(folders: Folders) -> str:
    """Why no photo was found in `folders.input_folder`, and what to change."""
    input_folder = folders.input_folder
    files = files_below(input_folder)
    outputs = _found(path for path in files if path.name.endswith(OUTPUT_ENDINGS))
    if folders.input_layout != "auto" and not outputs:
        return _not_as_asked(folders, files)
    prepared = _found(path for path in files if is_prepared_name(path.name))
    if prepared and True in ways_of_naming(folders):
        return (
            f"{_what(prepared, 'prepared image', input_folder)} "
            f"{_misplaced(prepared, _depths(files, is_prepared_name), input_folder)} {EXPECTED}"
        )
    if outputs:
        return (
            f"{_what(outputs, 'output', input_folder)} These are masks already, as a run puts them into its "
            f"OUTPUT_FOLDER: give the folder of the photos. {EXPECTED}"
        )
    images = _found(path for path in files if is_picture_name(path.name))
    if images:
        depths = _depths(files, is_picture_name)
        return (
            f"{_what(images, 'image', input_folder)} {_not_prepared(images, depths, input_folder, folders)} {EXPECTED}"
        )
    others = _found(path for path in files if path.name.lower().endswith(UNREAD_EXTENSIONS))
    if others:
        return (
            f"{_what(others, 'image', input_folder)} This format is not read. Convert them to PNG, under names that "
            f"end in {PREPARED_SUFFIX}.png. {EXPECTED}"
        )
    return f"{_what_else(input_folder, files)} Is this the folder that you meant? {EXPECTED}"


def _not_as_asked(folders: Folders, files: list[Path]) -> str:
    depth = DEPTHS[folders.input_layout]
    is_photo = is_prepared_name if folders.photo_names == "prep" else is_picture_name
    pattern = PATTERNS[depth]
    asked = (
        f"INPUT_LAYOUT = {folders.input_layout}, and INPUT_FOLDER {folders.input_folder} holds no photo as {pattern}"
    )
    elsewhere = _found(path for path in files if is_photo(path.name) and len(path.parts) - 1 != depth)
    if elsewhere is None:
        return f"{asked}, nor at another depth. Is this the folder that you meant?"
    fits = f"; INPUT_LAYOUT = {LAYOUT_NAMES[elsewhere.depth]} finds them" if elsewhere.depth in LAYOUT_NAMES else ""
    return f"{asked}. Found: {elsewhere.count} elsewhere, as {elsewhere.example}{fits}."


def _depths(files: list[Path], is_photo: Callable[[str], bool]) -> list[int]:
    return sorted({len(path.parts) - 1 for path in files if is_photo(path.name)})


def _found(paths: Iterator[Path]) -> Found | None:
    first = next(paths, None)
    return None if first is None else Found(first, 1 + sum(1 for _ in paths))


def _what(found: Found, kind: str, input_folder: Path) -> str:
    return (
        f"INPUT_FOLDER {input_folder} holds no prepared image where one is expected. Found: {found.count} "
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


def _misplaced(found: Found, depths: list[int], input_folder: Path) -> str:
    if len(depths) > 1:
        return (
            f"They lie {', '.join(map(str, depths))} folders deep: say which are the photos, with INPUT_LAYOUT = flat "
            "(0 deep), identity (1) or identity/video (2)."
        )
    return f"{_where_they_belong(found, input_folder)}{_as_it_is(found)}"


def _where_they_belong(found: Found, input_folder: Path) -> str:
    folder, parts = input_folder.resolve(), found.example.parts
    if found.depth == 0 and belongs_to(found.example.name, folder.parent.name):
        return f"It looks like one video's folder: give the folder two levels above it, {folder.parent.parent}."
    if found.depth < DEPTH and belongs_to(found.example.name, folder.name):
        return f"It looks like one identity's folder: give the folder that holds all identities, {folder.parent}."
    if found.depth < DEPTH:
        moved = Path(parts[0], "1", parts[-1])
        return (
            f"There is one level of folders where two are expected: if {parts[0]} is an identity, put its images into "
            f"a folder for their video, as {moved}; if it is a video, give the folder above as INPUT_FOLDER, "
            f"{folder.parent}."
        )
    extra = found.depth - DEPTH
    above = Path(*parts[:extra])
    return (
        f"There {'is one level' if extra == 1 else f'are {extra} levels'} of folders too many: if {above} is a set "
        f"like query or database, give {input_folder / above} as INPUT_FOLDER; otherwise remove the extra "
        "folders, to get "
        f"{Path(*parts[extra:])}."
    )


def _not_prepared(found: Found, depths: list[int], input_folder: Path, folders: Folders) -> str:
    if folders.photo_names == "prep":
        renamed = f"{found.example.stem}{PREPARED_SUFFIX}{found.example.suffix}"
        return (
            f"No name ends in {PREPARED_SUFFIX}. If these are loose crops around one face, rename each, as {renamed}, "
            "or set PHOTO_NAMES = all. If they are whole frames, cut out the faces first."
        )
    if depths == [DEPTH] and found.example.parts[0].lower() in SETS:
        whole = input_folder / found.example.parts[0]
        return f"{found.example.parts[0]} looks like a set of its own: give {whole} as INPUT_FOLDER.{_as_it_is(found)}"
    return _misplaced(found, depths, input_folder)


def _as_it_is(found: Found) -> str:
    name = LAYOUT_NAMES.get(found.depth)
    return f" Or, if that is intended, set INPUT_LAYOUT = {name}." if name else ""
