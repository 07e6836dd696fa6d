"""OUTPUT_FOLDER as a whole: one tree's results, and no other's, all laid out in one way."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from masking.core import safe_files
from masking.core.errors import ConfigError, OutputFolderError
from masking.core.unicode_names import composed, same_name

OWNER_FILE = "input_folder.json"
TREE = "tree"
"""The layout of what was written before there was another one."""
MAX_BYTES = 100_000


@dataclass(frozen=True)
class Owner:
    """What an output folder belongs to: the real path of the input folder, and how its outputs are laid out."""

    input_folder: str
    output_layout: str = TREE

    def is_of(self, input_folder: Path) -> bool:
        """Whether the results are those of `input_folder`."""
        return composed(self.input_folder) == composed(os.path.realpath(input_folder))

    def is_other_than(self, input_folder: Path) -> bool:
        """Whether they are known to be those of another input folder."""
        is_known = Path(self.input_folder).is_absolute()
        return is_known and not self.is_of(input_folder)


def make_output_folder(output_folder: Path) -> None:
    """Make `output_folder` where it is missing. Raises OutputFolderError."""
    try:
        safe_files.make_folders(output_folder)
    except OSError as error:
        raise OutputFolderError(f"OUTPUT_FOLDER {output_folder} can't be written: {error.strerror}") from error


def take_output_folder(output_folder: Path, input_folder: Path, output_layout: str = TREE) -> None:
    """Make `output_folder` where it is missing, and note in it that it belongs to `input_folder`, and its layout.

    Query and database may hold images of the same identity, video and name; in one output folder the second run would
    overwrite the first one's backup and outcomes. Raises ConfigError where the folder belongs to another input folder,
    or has another layout, OutputFolderError where it can't be written.
    """
    make_output_folder(output_folder)
    if check_owner(output_folder, input_folder, output_layout):
        return
    owner = {"input_folder": os.path.realpath(input_folder)}
    if output_layout != TREE:
        owner["output_layout"] = output_layout
    try:
        safe_files.write_whole(output_folder / OWNER_FILE, json.dumps(owner) + "\n")
    except OSError as error:
        raise _not_writable(output_folder, error) from error


def check_owner(output_folder: Path, input_folder: Path, output_layout: str = TREE) -> bool:
    """Whether `output_folder` belongs to `input_folder`, or to nobody. Raises as `take_output_folder`."""
    owner_file = output_folder / OWNER_FILE
    try:
        owner = _read_owner(owner_file)
    except OSError as error:
        raise _not_writable(output_folder, error) from error
    if owner is None:
        return False
    if not owner.is_of(input_folder):
        raise ConfigError(
            [
                f"OUTPUT_FOLDER {output_folder} holds the results of {owner.input_folder}, and INPUT_FOLDER is "
                f"{os.path.realpath(input_folder)}; choose an output folder of its own (output/{{INPUT_NAME}} gives "
                f"each input folder one), or delete {owner_file} if the input folder has only moved"
            ]
        )
    check_layout(output_folder, output_layout)
    return True


def check_layout(output_folder: Path, output_layout: str) -> None:
    """Raise ConfigError where `output_folder` holds results in another layout than this one."""
    found = layout_in(output_folder)
    if found not in (None, output_layout):
        raise ConfigError(
            [
                f"OUTPUT_FOLDER {output_folder} holds results with OUTPUT_LAYOUT = {found}, and this run's is "
                f"{output_layout}; the two are not mixed: choose another output folder, or set OUTPUT_LAYOUT = {found}"
            ]
        )


def layout_in(output_folder: Path) -> str | None:
    """How the results in `output_folder` are laid out; None where it belongs to nobody, or nobody can tell."""
    owner = _readable_owner(output_folder)
    return owner.output_layout if owner else None


def has_flat_backup(output_folder: Path | None) -> bool:
    """Whether the results in `output_folder` are laid out in flat folders, as OUTPUT_LAYOUT = original has them."""
    return output_folder is not None and layout_in(output_folder) not in (None, TREE)


def folder_for(output_folder: Path, input_folder: Path, taken: Collection[str] = ()) -> Path:
    """`output_folder`; where that holds another tree's results, the folder in it that is called as `input_folder`.

    taken: names that mean something else in an output folder. Where that folder holds anything else than this tree's
    results, or may not have its name, it is `output_folder` all the same, which `check_owner` then refuses; and so it
    is where the other tree is gone, for this one may be the same, which has only moved.
    """
    owner = _readable_owner(output_folder)
    if owner is None or not owner.is_other_than(input_folder):
        return output_folder
    name = Path(os.path.realpath(input_folder)).name
    inner = output_folder / name
    if belongs_to(inner, input_folder):
        return inner
    if not Path(owner.input_folder).is_dir():
        return output_folder
    is_free = not os.path.lexists(inner) or (inner.is_dir() and not inner.is_symlink() and not any(inner.iterdir()))
    may_be_called_so = name and same_name(name) not in map(same_name, taken)
    return inner if is_free and may_be_called_so else output_folder


def holds_another_tree(output_folder: Path, input_folder: Path) -> bool:
    """Whether `output_folder` holds the results of another input folder than this one."""
    owner = _readable_owner(output_folder)
    return owner is not None and owner.is_other_than(input_folder)


def belongs_to(output_folder: Path, input_folder: Path) -> bool:
    """Whether `output_folder` holds the results of `input_folder`."""
    owner = _readable_owner(output_folder)
    return owner is not None and owner.is_of(input_folder)


def _readable_owner(output_folder: Path) -> Owner | None:
    """Whom the folder belongs to, as far as this user can read it."""
    try:
        return _read_owner(output_folder / OWNER_FILE)
    except OSError:
        return None


def _read_owner(owner_file: Path) -> Owner | None:
    """Whom the folder belongs to; nobody where there is no such file. Raises OSError."""
    if not os.path.lexists(owner_file):
        return None
    content = safe_files.read_bytes(owner_file, MAX_BYTES)
    try:
        noted = json.loads(content)
        return Owner(str(noted["input_folder"]), str(noted.get("output_layout", TREE)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Owner(f"an unknown folder ({owner_file} is damaged)")


def _not_writable(output_folder: Path, error: OSError) -> OutputFolderError:
    return OutputFolderError(f"OUTPUT_FOLDER {output_folder} can't be written: {error.strerror}: {error.filename}")
