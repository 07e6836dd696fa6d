"""One image that stands in no tree: outputs go into the output folder only, its record into the journal there."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote

from masking.core.config import Config
from masking.core.errors import ConfigError, PublishError
from masking.core.unicode_names import same_name
from masking.dataset.outputs import is_flat, output_paths
from masking.dataset.publishing import remove_outputs
from masking.dataset.standing import StandingFiles
from masking.dataset.tree import PreparedImage
from masking.masks.stage import MaskStage
from masking.pipeline.journal import FILE_NAME, Journal, key_of
from masking.pipeline.lock import output_lock
from masking.pipeline.outcome import FAILED, Outcome
from masking.pipeline.output_folder import check_layout, make_output_folder
from masking.pipeline.recipe import recipe_for


class LooseMasker(Protocol):
    """Masks one image, with models that are loaded."""

    @property
    def fingerprint(self) -> bytes:
        """As batch_helper.ImageMasker."""
        ...

    def mask_or_reconstruct(self, image: PreparedImage) -> Outcome:
        """As batch_helper.ImageMasker."""
        ...


def check_file(path: Path) -> None:
    """Raise ConfigError where `path` is no file, before any model is loaded."""
    if path.is_dir():
        raise ConfigError([f"--image {path}: is a folder; --input-folder takes one"])
    if not path.is_file():
        raise ConfigError([f"--image {path}: {'is no file' if os.path.lexists(path) else 'there is no such file'}"])


def mask_loose_image(config: Config, masker: LooseMasker, path: Path) -> tuple[Outcome, list[str]]:
    """Mask the photo `path` and note it. Its outcome, and the paths of what was written.

    Outputs of another photo of the same name, from another folder, are never touched: then there is no mask.
    Raises ConfigError where the output folder holds a tree's masks in another layout, OutputFolderError, and
    LockedError where a run is at work on the output folder.
    """
    output_folder = config.folders.output_folder
    check_layout(output_folder, config.output.output_layout)
    make_output_folder(output_folder)
    stage = MaskStage()
    recipe = recipe_for(stage, config, masker.fingerprint)
    image = PreparedImage(identity="", video="", path=path, flat_backup=config.output.has_flat_backup)
    with output_lock(output_folder):
        has_journal = os.path.lexists(output_folder / FILE_NAME)
        notes = _Notes(frozenset(), {})
        if has_journal:
            with Journal(output_folder, stage, recipe) as journal:
                notes = _notes_of(journal, image, output_folder)
        problem = _remove_other_layouts(output_folder, image, notes)
        foreign = StandingFiles(str(output_folder)).foreign_locations(image, notes.ours)
        others = [place for place in foreign if place in notes.others]
        if problem:
            outcome = Outcome("", "", path.name, FAILED, problem)
        elif others:
            outcome = Outcome("", "", path.name, FAILED, _refusal(output_folder, image, others, notes))
        else:
            outcome = masker.mask_or_reconstruct(dataclasses.replace(image, foreign=foreign))
        if has_journal or outcome.outputs:
            with Journal(output_folder, stage, recipe) as journal:
                journal.write([dataclasses.replace(outcome, video=_folder_of(path))])
    return outcome, output_paths(str(output_folder), image, outcome.outputs)


@dataclass(frozen=True)
class _Notes:
    """What the journal says of the places of a loose image's outputs: ours are its own; others are the folders of the
    photos of the same name whose outputs stand there.
    """

    ours: frozenset[str]
    others: Mapping[str, str]


def _notes_of(journal: Journal, image: PreparedImage, output_folder: Path) -> _Notes:
    ours: set[str] = set()
    others: dict[str, str] = {}
    key, name = key_of("", _folder_of(image.path), image.path.name), same_name(image.stem)
    for found, record in journal.records(None, None):
        outcome = record.outcome
        if outcome.identity and not image.flat_backup:
            break
        if same_name(os.path.splitext(outcome.name)[0]) != name:  # noqa: PTH122
            continue
        if found == key:
            ours.update(outcome.outputs)
        else:
            standing = _standing(outcome, image, output_folder)
            folder = f"INPUT_FOLDER/{outcome.folder}" if outcome.identity else unquote(outcome.video)
            others |= dict.fromkeys(standing, folder or "INPUT_FOLDER")
    for found, places in journal.owned(None, key):
        ours.update(places if found == key else ())
    return _Notes(frozenset(ours - others.keys()), others)


def _remove_other_layouts(output_folder: Path, image: PreparedImage, notes: _Notes) -> str:
    """Remove what an earlier call with another OUTPUT_LAYOUT wrote of this image; why it can't be done, if it can't."""
    stale = [place for place in notes.ours if is_flat(place) != image.flat_backup]
    try:
        remove_outputs(output_folder, dataclasses.replace(image, flat_backup=not image.flat_backup), stale)
    except PublishError as error:
        return str(error)
    return ""


def _standing(outcome: Outcome, image: PreparedImage, output_folder: Path) -> Iterator[str]:
    """The places at which the very files stand that the run wrote which gave `outcome`."""
    paths = output_paths(str(output_folder), image, outcome.outputs)
    for path, (place, state) in zip(paths, outcome.outputs.items(), strict=True):
        with suppress(OSError):
            status = os.lstat(path)
            if (status.st_size, status.st_mtime_ns) == (state.size, state.mtime_ns):
                yield place


def _folder_of(path: Path) -> str:
    """The photo's folder, as one name: two photos of one name are told apart by it."""
    return quote(os.fsencode(os.path.realpath(path.parent)), safe="")


def _refusal(output_folder: Path, image: PreparedImage, places: list[str], notes: _Notes) -> str:
    (first, *_) = output_paths(str(output_folder), image, sorted(places))
    folder = notes.others[min(places)]
    return (
        f"{first} and the files like it belong to another photo of this name, from {folder}, and are left as they "
        "are; name another OUTPUT_FOLDER for this one, or rename it"
    )
