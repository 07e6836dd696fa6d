"""Every file of both folders: read, and traced to a record, or named."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masking.audit.png_file import png_faults
from masking.audit.records import Records, writes_backups_only
from masking.audit.side_files import side_file_faults
from masking.core import safe_files
from masking.core.errors import UnreadableImageError
from masking.dataset import read_image
from masking.dataset.layout import IDENTITY_VIDEO, Layout
from masking.dataset.names import PREPARED_SUFFIX
from masking.dataset.outputs import (
    ALL_KINDS,
    FACE_SHOWING,
    KIND_AT,
    MASK_ONLY,
    MASK_ONLY_ARRAY,
    MASK_PAIR,
    MASK_PICTURES,
    OVERLAY,
    OVERLAY_ARRAY,
    RETIRED,
    STEM,
    OutputKind,
    is_flat,
    output_locations,
)
from masking.masks.folder_of_its_own import BACKUP_FOLDERS
from masking.masks.status import Status
from masking.pipeline.output_folder import has_flat_backup, holds_another_tree

MAX_BYTES = 4_000_000_000
MAX_MEGAPIXELS = 178.0
ARRAYS = {OVERLAY_ARRAY: OVERLAY, MASK_ONLY_ARRAY: MASK_ONLY}
"""Kinds that are arrays, and those whose pixels they hold."""
RUN_FILES = frozenset(
    {
        "input_folder.json", "journal", "journal-shm", "journal-wal", "journal.old", "journal.old-shm",
        "journal.old-wal", "marked_as_bad.csv", "outcomes.csv", "pairs.csv", "report.html", "run.json", "run.log",
    }
)  # fmt: skip
"""What a run leaves in OUTPUT_FOLDER itself, and what a person may put beside it from the report."""
BY_SUFFIX = sorted((*ALL_KINDS, *RETIRED.values()), key=lambda kind: -len(kind.suffix))
FLAT_LOCATIONS = sorted(filter(is_flat, KIND_AT), key=lambda location: -len(location))
TODAYS = [kind for kind in BY_SUFFIX if kind in ALL_KINDS]


@dataclass(frozen=True)
class Fault:
    """Something that the folders must not show, at `path`."""

    path: Path
    problem: str


@dataclass(frozen=True)
class Output:
    """A file that is an output by its name: of which image, below INPUT_FOLDER and without its ending, and what."""

    image: Path
    kind: OutputKind


def output_named(name: str, layout: Layout = IDENTITY_VIDEO) -> tuple[str, OutputKind] | None:
    """The stem and kind of an output's file `name`; None where it is none."""
    for kind in BY_SUFFIX if layout.prepared_only else TODAYS:
        stem = name.removesuffix(kind.suffix)
        if stem and stem != name and (stem.endswith(PREPARED_SUFFIX) or not layout.prepared_only):
            return stem, kind
    return None


class Accounts:
    """What is known of both folders. `output_folder` and `records` are None where only the photos' folder counts."""

    def __init__(
        self, input_folder: Path, output_folder: Path | None, records: Records | None, layout: Layout = IDENTITY_VIDEO
    ) -> None:
        self._input, self._output, self._records, self._layout = input_folder, output_folder, records, layout
        self._backup_only = records is not None and writes_backups_only(records.facts)
        self._written = self._by_stem(records)
        self._masked = self._masked_stems(records)
        self._flat = self._by_name() if has_flat_backup(output_folder) else None
        self.other_trees = other_trees_in(output_folder, input_folder)

    def _by_stem(self, records: Records | None) -> Mapping[Path, Mapping[str, str]] | None:
        if records is None or records.written is None:
            return None
        return {relative.with_suffix(""): outputs for relative, outputs in records.written.items()}

    def _masked_stems(self, records: Records | None) -> set[Path] | None:
        if records is None:
            return None
        return {
            relative.with_suffix("") for relative, record in records.images.items() if record.status is Status.MASKED
        }

    def _by_name(self) -> Mapping[str, list[Path]]:
        """The images by what their outputs' names begin with in a folder that holds all of them: those that were
        masked, and loose ones.
        """
        found: dict[str, list[Path]] = {}
        loose = {image for image in self._written or () if self._is_loose_name(image)}
        for image in sorted((self._masked or set()) | loose):
            found.setdefault(image.name, []).append(image)
        return found

    def _is_loose_name(self, image: Path) -> bool:
        return len(image.parts) == 1 and (self._layout.depth > 0 or image not in (self._masked or ()))

    def faults(self) -> Iterator[Fault]:
        """Faults of all files that are outputs, or stand where only outputs should."""
        for path in _everything_below(self._input):
            if self._output is not None and _is_below(path, self._output):
                continue
            yield from self._fault_beside(path)
        if self._output is not None:
            for path in _everything_below(self._output, self.other_trees):
                yield from self._fault_in_backup(self._output, path)

    def _fault_beside(self, path: Path) -> Iterator[Fault]:
        found = output_named(path.name, self._layout)
        if found is None or not found[1].beside_image:
            return
        stem, kind = found
        relative = path.relative_to(self._input).parent / stem
        names = os.listdir(path.parent)  # noqa: PTH208
        if not any(Path(name).stem == stem and self._layout.is_photo_name(name) for name in names):
            yield Fault(path, "is an output without its prepared image")
            return
        yield from self._output_faults(path, Output(relative, kind), f"*{kind.suffix}")

    def _fault_in_backup(self, output_folder: Path, path: Path) -> Iterator[Fault]:
        relative = path.relative_to(output_folder)
        if len(relative.parts) == 1:
            if relative.name not in RUN_FILES or not _is_plain(path):
                yield Fault(path, "is not one of a run's records, and no record accounts for it")
            return
        if self._flat is not None:
            yield from self._fault_in_flat_backup(path, relative)
            return
        found = output_named(relative.name, self._layout) or self._loose_output(relative)
        depth = self._layout.depth + 2
        if found is None or relative.parts[0] != found[1].backup_folder or len(relative.parts) not in (2, depth):
            yield Fault(path, "is among the backups, and no record accounts for it")
            return
        stem, kind = found
        image = Path(*relative.parts[1:-1]) / stem
        if self._masked is not None and image not in self._masked and not self._is_loose(relative, image):
            yield Fault(path, "is an output, but not of a masked image")
            return
        backup, *beside = output_locations(kind)
        yield from self._output_faults(path, Output(image, kind), backup)
        if beside and len(relative.parts) == depth and not (self._backup_only or self._is_loose(relative, image)):
            yield from _difference(path, self._input / image.parent / path.name)
        if kind in ARRAYS:
            yield from _array_difference(path, path.with_name(stem + ARRAYS[kind].suffix))

    def _fault_in_flat_backup(self, path: Path, place: Path) -> Iterator[Fault]:
        found = self._flat_output(place)
        if found is None:
            yield Fault(path, "is among the backups, and is an output, but not of a masked image")
            return
        output, location = found
        yield from self._output_faults(path, output, location)
        if output.kind in MASK_PAIR and not (self._backup_only or self._is_loose_name(output.image)):
            yield from _difference(path, self._input / output.image.parent / path.name)
        if output.kind in ARRAYS:
            yield from _array_difference(path, path.with_name(output.image.name + ARRAYS[output.kind].suffix))

    def _flat_output(self, place: Path) -> tuple[Output, str] | None:
        """What stands at `place` below OUTPUT_FOLDER by its name, and at which location."""
        for location in FLAT_LOCATIONS:
            folder, _, ending = location.partition(f"/{STEM}")
            stem = place.name.removesuffix(ending)
            if place.parent != Path(folder) or stem == place.name:
                continue
            images = (self._flat or {}).get(stem, [])
            owners = [image for image in images if location in (self._written or {}).get(image, {})]
            if images:
                return Output((owners or images)[0], KIND_AT[location]), location
        return None

    def _loose_output(self, relative: Path) -> tuple[str, OutputKind] | None:
        """An output of an image that lay in no tree, whose name may be any."""
        if len(relative.parts) == 2 and self._written is not None:
            for kind in BY_SUFFIX:
                stem = relative.name.removesuffix(kind.suffix)
                if stem != relative.name and Path(stem) in self._written:
                    return stem, kind
        return None

    def _is_loose(self, relative: Path, image: Path) -> bool:
        if len(relative.parts) != 2 or self._written is None or image not in self._written:
            return False
        return self._layout.depth > 0 or self._masked is None or image not in self._masked

    def _output_faults(self, path: Path, output: Output, location: str) -> Iterator[Fault]:
        if path.is_symlink():
            yield Fault(path, "is a link, which no output is")
            return
        try:
            content = safe_files.read_bytes(path, MAX_BYTES)
        except OSError as error:
            yield Fault(path, f"can't be read: {error.strerror}")
            return
        if not self._is_accounted_for(output, location):
            if output.kind in FACE_SHOWING:
                yield Fault(path, "shows the face, and no record accounts for it")
            elif output.kind in MASK_PICTURES or self._written is not None:
                yield Fault(path, "has an output's name, and no record accounts for it")
        elif self._written is not None:
            recorded = self._written[output.image][location]
            if hashlib.sha256(content).hexdigest() != recorded:
                yield Fault(path, "is not the file that the run wrote: its SHA-256 differs from the journal's")
        faults = png_faults(content) if path.suffix == ".png" else side_file_faults(output.kind, content)
        for problem in faults:
            yield Fault(path, problem)

    def _is_accounted_for(self, output: Output, location: str) -> bool:
        if self._written is not None:
            return location in self._written.get(output.image, {})
        if self._masked is None:
            return output.kind not in FACE_SHOWING
        return output.image in self._masked and (output.kind not in FACE_SHOWING or self._was_asked_for(output.kind))

    def _was_asked_for(self, kind: OutputKind) -> bool:
        options = self._records.facts.get("configuration", {}).get("output", {}) if self._records else {}
        key = "save_visualization" if "visualization" in kind.suffix else "save_texture"
        return isinstance(options, dict) and bool(options.get(key))


def _difference(backup: Path, beside: Path) -> Iterator[Fault]:
    """Both are copies of one another."""
    try:
        if safe_files.read_bytes(backup, MAX_BYTES) != safe_files.read_bytes(beside, MAX_BYTES):
            yield Fault(backup, f"differs from {beside}, whose backup it is")
    except FileNotFoundError:
        yield Fault(backup, f"is a backup, and {beside} is missing")
    except OSError as error:
        yield Fault(backup, f"can't be compared with {beside}: {error.strerror}")


def _array_difference(array_file: Path, picture_file: Path) -> Iterator[Fault]:
    """An array holds its picture's pixels."""
    try:
        array = np.load(io.BytesIO(safe_files.read_bytes(array_file, MAX_BYTES)), allow_pickle=False)
        same = np.array_equal(array, read_image(picture_file, MAX_MEGAPIXELS))
    except (OSError, ValueError, EOFError, UnreadableImageError):
        yield Fault(array_file, f"can't be compared with {picture_file.name}")
        return
    if not same:
        yield Fault(array_file, f"has other pixels than {picture_file.name}")


def other_trees_in(output_folder: Path | None, input_folder: Path) -> list[Path]:
    """The folders in an OUTPUT_FOLDER that say that they hold the results of other trees."""
    if output_folder is None:
        return []
    folders = [path for path in sorted(output_folder.iterdir()) if path.is_dir() and not path.is_symlink()]
    return [path for path in folders if path.name not in BACKUP_FOLDERS and holds_another_tree(path, input_folder)]


def _everything_below(folder: Path, other_trees: Sequence[Path] = ()) -> Iterator[Path]:
    """All that is no folder, links to folders too, in order; neither `other_trees` are entered nor file servers'
    snapshots.
    """
    for below, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(f"{below}/{name}")]  # noqa: PTH114
        left_out = {".snapshot", *links, *(path.name for path in other_trees if path.parent == Path(below))}
        folders[:] = sorted(name for name in folders if name not in left_out)
        for name in sorted([*names, *links]):
            yield Path(below, name)


def _is_below(path: Path, folder: Path) -> bool:
    return folder in path.parents


def _is_plain(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)
