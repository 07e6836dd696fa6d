"""Which layout a tree has: the one that was asked for, the original's, or the one in which all of its photos lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from masking.core.config import Config
from masking.core.config.options import Folders
from masking.core.errors import ConfigError, EmptyTreeError
from masking.dataset.layout import DEPTHS, IDENTITY_VIDEO, Layout
from masking.dataset.layout_advice import explain_layout
from masking.dataset.layout_signs import SETS, belongs_to, files_below, ways_of_naming
from masking.dataset.tree import PreparedImage, walk


def with_layout(config: Config) -> Config:
    """`config` with the layout of its tree in place of `auto`.

    Raises EmptyTreeError where no photo is found, ConfigError where IDENTITY_PATTERN finds no identity.
    """
    layout = choose_layout(config.folders)
    names = "prep" if layout.prepared_only else "all"
    folders = config.folders.model_copy(update={"input_layout": layout.name, "photo_names": names})
    return config.model_copy(update={"folders": folders})


def choose_layout(folders: Folders) -> Layout:
    """The layout in which `folders.input_folder` holds photos. Raises as `with_layout`."""
    layout = next((layout for layout in _named(folders) if holds_photos(folders.input_folder, layout)), None)
    if layout is None and folders.input_layout == "auto":
        layout = _found(folders)
    if layout is None:
        raise EmptyTreeError(explain_layout(folders))
    _check_pattern(folders, layout)
    return layout


def holds_photos(input_folder: Path, layout: Layout) -> bool:
    """Whether any photo lies where `layout` has them, or something is refused for more than its location."""
    entries = walk(input_folder, layout)
    return any(isinstance(entry, PreparedImage) or entry.reason != layout.wrong_depth for entry in entries)


def _named(folders: Folders) -> Iterator[Layout]:
    """The layouts that are asked for, and the original's, which goes before all that could be found."""
    if folders.input_layout == "auto":
        if folders.photo_names != "all":
            yield Layout(IDENTITY_VIDEO.depth, True, folders.identity_pattern)
        return
    for prepared_only in ways_of_naming(folders):
        yield Layout(DEPTHS[folders.input_layout], prepared_only, folders.identity_pattern)


def _found(folders: Folders) -> Layout | None:
    """The layout in which all photos lie; None where they lie at different depths, or seem to be a part of a tree."""
    files = files_below(folders.input_folder)
    for prepared_only in ways_of_naming(folders):
        layout = Layout(prepared_only=prepared_only)
        photos = [path for path in files if layout.is_photo_name(path.name)]
        if photos:
            depths = {len(path.parts) - 1 for path in photos}
            if len(depths) > 1 or max(depths) > max(DEPTHS.values()):
                return None
            if _is_doubtful(photos[0], folders.input_folder, prepared_only=prepared_only):
                return None
            return Layout(depths.pop(), prepared_only, folders.identity_pattern)
    return None


def _is_doubtful(photo: Path, input_folder: Path, *, prepared_only: bool) -> bool:
    """Whether `photo`, below `input_folder`, looks as if another folder had been meant."""
    folder, depth = input_folder.resolve(), len(photo.parts) - 1
    if depth == 0:
        return belongs_to(photo.name, folder.name) or belongs_to(photo.name, folder.parent.name)
    if depth == 1:
        return belongs_to(photo.name, folder.name) or (prepared_only and not belongs_to(photo.name, photo.parts[0]))
    return photo.parts[0].lower() in SETS


def _check_pattern(folders: Folders, layout: Layout) -> None:
    if not folders.identity_pattern:
        return
    if layout.depth:
        raise ConfigError(
            [f"IDENTITY_PATTERN is for INPUT_LAYOUT = flat; this tree's is {layout.name}, whose folders are identities"]
        )
    photos = [entry.path.name for entry in walk(folders.input_folder, layout) if isinstance(entry, PreparedImage)]
    if photos and not any(map(layout.matches, photos)):
        raise ConfigError(
            [f"IDENTITY_PATTERN {folders.identity_pattern} matches no photo's name without its ending, as {photos[0]}"]
        )
