"""A whole tree and its records: every prepared image has an outcome, and its files are what the outcome says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from masking.audit.pictures import picture_faults
from masking.dataset import PreparedImage, RefusedEntry, read_image, walk
from masking.dataset.outputs import ALL_KINDS, MASK_ONLY, OVERLAY, TEMPORARY_PREFIX
from masking.dataset.tree import is_prepared_name
from masking.errors import Status, UnreadableImageError
from masking.report.outcomes_csv import read_outcomes

MAX_MEGAPIXELS = 178.0


@dataclass(frozen=True)
class Fault:
    """Something that the tree must not show, at `path`."""

    path: Path
    problem: str


def audit_tree(input_folder: Path, outcomes_file: Path | None) -> Iterator[tuple[Path, list[Fault]]]:
    """Each prepared image of `input_folder` with its faults, none if all is well; last, the tree's own faults.

    Without `outcomes_file` the records are not checked. Raises OSError where the records can't be read.
    """
    records = _read_records(outcomes_file) if outcomes_file else None
    seen = set()
    for entry in walk(input_folder):
        path = entry.path if isinstance(entry, PreparedImage) else input_folder / entry.relative_path
        place = path.relative_to(input_folder)
        seen.add(place)
        record = records.get(place) if records is not None else None
        faults = [] if isinstance(entry, RefusedEntry) else list(_image_faults(entry, record))
        if records is not None and record is None:
            faults.append(Fault(path, "has no outcome"))
        yield path, faults
    yield input_folder, list(_tree_faults(input_folder, set(records or ()) - seen))


@dataclass(frozen=True)
class _Record:
    status: Status
    masked_faces: int


def _read_records(outcomes_file: Path) -> dict[Path, _Record]:
    return {
        Path(row["identity"]) / row["video"] / row["image"]: _Record(Status(row["status"]), int(row["masked_faces"]))
        for row in read_outcomes(outcomes_file)
    }


def _image_faults(image: PreparedImage, record: _Record | None) -> Iterator[Fault]:
    status = record.status if record else None
    overlay_file, mask_file = (image.path.with_name(image.stem + kind.suffix) for kind in (OVERLAY, MASK_ONLY))
    if status is not None and status is not Status.MASKED:
        for kind in ALL_KINDS:
            path = image.path.with_name(image.stem + kind.suffix)
            if _stands(path):
                yield Fault(path, f"stands beside an image whose outcome is {status}")
        return
    present = [path for path in (overlay_file, mask_file) if _stands(path)]
    if len(present) == 1:
        yield Fault(present[0], "stands without its other half")
    elif not present and status is Status.MASKED:
        yield Fault(overlay_file, "is missing, and the outcome is masked")
    elif present:
        yield from _picture_faults(image.path, overlay_file, mask_file, record.masked_faces if record else 1)


def _stands(path: Path) -> bool:
    """Whether anything has this name, be it a link that leads nowhere; an impossible name counts as free."""
    return os.path.lexists(path)


def _picture_faults(photo_file: Path, overlay_file: Path, mask_file: Path, faces: int) -> Iterator[Fault]:
    try:
        photo, overlay, mask = (read_image(path, MAX_MEGAPIXELS) for path in (photo_file, overlay_file, mask_file))
    except UnreadableImageError as error:
        yield Fault(overlay_file, f"photo, overlay or mask can't be read: {error}")
        return
    for path in (overlay_file, mask_file):
        with Image.open(path) as picture:
            if picture.format != "PNG" or picture.mode != "RGB":
                yield Fault(path, f"is {picture.format} {picture.mode}, not an 8-bit RGB PNG")
            if extra := sorted(map(str, picture.info)):
                yield Fault(path, f"carries more than pixels: {', '.join(extra)}")
    for problem in picture_faults(photo, overlay, mask, faces):
        yield Fault(overlay_file, problem)


def _tree_faults(input_folder: Path, outcomes_without_image: set[Path]) -> Iterator[Fault]:
    for place in sorted(outcomes_without_image):
        yield Fault(input_folder / place, "has an outcome and is no longer in the tree")
    for path in sorted(input_folder.rglob(f"{TEMPORARY_PREFIX}*")):
        yield Fault(path, "is a temporary file that a killed run left; a run over this tree removes it")
    suffixes = tuple(kind.suffix for kind in (OVERLAY, MASK_ONLY))
    for path in sorted(input_folder.rglob("*_prep_*.png")):
        suffix = next((suffix for suffix in suffixes if path.name.endswith(suffix)), None)
        if suffix and not _has_photo(path, suffix):
            yield Fault(path, "is an output without its prepared image")


def _has_photo(output: Path, suffix: str) -> bool:
    stem = output.name.removesuffix(suffix)
    return any(other.stem == stem and is_prepared_name(other.name) for other in output.parent.iterdir())
