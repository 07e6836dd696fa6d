"""A whole tree and its records: every prepared image has an outcome, its files are what the outcome says, and every
other file is accounted for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.audit.accounting import Accounts, Fault
from masking.audit.pictures import picture_faults
from masking.audit.records import Record, layout_in, read_records, writes_backups_only
from masking.core.errors import UnreadableImageError
from masking.dataset import PreparedImage, RefusedEntry, read_image
from masking.dataset.flat_names import walk_for_outputs
from masking.dataset.outputs import (
    ALL_KINDS,
    FACE_SHOWING,
    MASK_ONLY,
    OVERLAY,
    TEMPORARY_PREFIX,
    OutputKind,
    locations_of,
    output_paths,
)
from masking.masks.status import Status
from masking.pipeline.output_folder import has_flat_backup

MAX_MEGAPIXELS = 178.0
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Outputs:
    """Where a run's outputs stand: beside each image, or where they don't in its OUTPUT_FOLDER, `output_folder`.

    backup_only: none stands beside an image. flat: the backup is that of OUTPUT_LAYOUT = original.
    """

    output_folder: Path | None = None
    backup_only: bool = False
    flat: bool = False

    def path(self, image: PreparedImage, kind: OutputKind) -> Path:
        """Where the output of this kind stands."""
        placed, location = self._placed(image, kind)
        return Path(output_paths(str(self.output_folder or ""), placed, [location])[0])

    def is_beside(self, image: PreparedImage, kind: OutputKind) -> bool:
        """Whether it is beside the image."""
        return "/" not in self._placed(image, kind)[1]

    def _placed(self, image: PreparedImage, kind: OutputKind) -> tuple[PreparedImage, str]:
        placed = replace(image, backup_only=self.backup_only, flat_backup=self.flat)
        return placed, locations_of(kind, placed)[-1]


@dataclass(frozen=True)
class MaskedImage:
    """A prepared image with its overlay and mask, (H, W, 3) uint8 RGB each. faces: how many were masked. files: where
    it and other outputs stand.
    """

    image: PreparedImage
    photo: Picture
    overlay: Picture
    mask_only: Picture
    faces: int
    files: Outputs = Outputs()

    @property
    def overlay_file(self) -> Path:
        """Where the overlay stands."""
        return self.files.path(self.image, OVERLAY)


Check = Callable[[MaskedImage], Iterable[str]]
"""Says what is wrong with a masked image, beyond what its pictures tell."""


def audit_tree(
    input_folder: Path, outcomes_file: Path | None, checks: Sequence[Check] = ()
) -> Iterator[tuple[Path, list[Fault]]]:
    """Each prepared image of `input_folder` with its faults, none if all is well; last, the folders' own faults.

    Without `outcomes_file`, which stands in OUTPUT_FOLDER, neither the records nor the backups are checked. `checks`
    are asked of each masked image too. Raises OSError or ConfigError where the records can't be read.
    """
    records = read_records(outcomes_file) if outcomes_file else None
    output_folder = outcomes_file.parent if outcomes_file else None
    facts = records.facts if records is not None else {}
    layout = layout_in(facts, input_folder)
    files = Outputs(output_folder, writes_backups_only(facts), has_flat_backup(output_folder))
    seen = set()
    for entry in walk_for_outputs(input_folder, layout, flat_backup=files.flat):
        path = entry.path if isinstance(entry, PreparedImage) else input_folder / entry.relative_path
        relative = path.relative_to(input_folder)
        seen.add(relative)
        record = records.images.get(relative) if records is not None else None
        faults = [] if isinstance(entry, RefusedEntry) else list(_image_faults(entry, record, checks, files))
        if isinstance(entry, RefusedEntry) and record is not None and record.status is Status.MASKED:
            faults.append(Fault(path, f"{entry.reason}, and the outcome is masked"))
        if records is not None and record is None:
            faults.append(Fault(path, "has no outcome"))
        yield path, faults
    known = set(records.images) if records else set()
    accounts = Accounts(input_folder, output_folder, records, layout)
    left = _without_image_or_run(input_folder, output_folder, known - seen, accounts.other_trees)
    yield input_folder, [*left, *accounts.faults()]


def _image_faults(
    image: PreparedImage, record: Record | None, checks: Sequence[Check], files: Outputs
) -> Iterator[Fault]:
    status = record.status if record else None
    if status is not None and status is not Status.MASKED:
        for kind in ALL_KINDS:
            path = files.path(image, kind)
            if (files.backup_only or files.is_beside(image, kind)) and _stands(path):
                yield Fault(path, f"is beside an image whose outcome is {status}")
        return
    overlay_file, mask_file = (files.path(image, kind) for kind in (OVERLAY, MASK_ONLY))
    present = [path for path in (overlay_file, mask_file) if _stands(path)]
    if len(present) == 1:
        yield Fault(present[0], "is there without its other half")
    elif not present:
        if status is Status.MASKED:
            yield Fault(overlay_file, "is missing, and the outcome is masked")
        for kind in FACE_SHOWING:
            if _stands(path := files.path(image, kind)):
                yield Fault(path, "shows the face, and there is no mask that it could belong to")
    else:
        yield from _picture_faults(image, files, record.masked_faces if record else 1, checks)


def _stands(path: Path) -> bool:
    """Whether anything has this name, be it a link that leads nowhere; an impossible name counts as free."""
    return os.path.lexists(path)


def _picture_faults(image: PreparedImage, files: Outputs, faces: int, checks: Sequence[Check]) -> Iterator[Fault]:
    overlay_file, mask_file = (files.path(image, kind) for kind in (OVERLAY, MASK_ONLY))
    try:
        photo, overlay, mask = (read_image(path, MAX_MEGAPIXELS) for path in (image.path, overlay_file, mask_file))
    except UnreadableImageError as error:
        yield Fault(overlay_file, f"photo, overlay or mask can't be read: {error}")
        return
    for problem in picture_faults(photo, overlay, mask, faces):
        yield Fault(overlay_file, problem)
    masked = MaskedImage(image, photo, overlay, mask, faces, files)
    for check in checks:
        for problem in check(masked):
            yield Fault(overlay_file, problem)


def _without_image_or_run(
    input_folder: Path, output_folder: Path | None, without_image: set[Path], other_trees: Sequence[Path]
) -> Iterator[Fault]:
    for place in sorted(without_image):
        yield Fault(input_folder / place, "has an outcome and is no longer in the tree")
    for folder in (input_folder, output_folder) if output_folder else (input_folder,):
        for path in sorted(folder.rglob(f"{TEMPORARY_PREFIX}*")):
            if any(other in path.parents for other in other_trees):
                continue
            yield Fault(path, "is a temporary file that a killed run left; a run over this tree removes it")
