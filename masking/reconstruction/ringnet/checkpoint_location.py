"""Where RingNet's checkpoint lies: in the folder that was given, in one in it, under a prefix, or still packed."""

from __future__ import annotations

import atexit
import logging
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from masking.core.downloads import SHOWN_NAMES, FoundFile, Survey, Wanted, is_archive, survey
from masking.core.errors import MissingModelFileError, ModelFileError
from masking.core.packed_files import PackedFileError, copy_bounded
from masking.core.safe_files import temporary_folder, whole_binary_file
from masking.reconstruction.model_files import RINGNET_CHECKPOINT
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.wanted_files import CHECKPOINT_FILES, CHECKPOINT_NAME, CHECKPOINT_SUFFIXES

MAX_BYTES = CHECKPOINT_FILES[0].max_bytes
FileSet = Mapping[str, FoundFile]
"""The files of one checkpoint, by suffix."""

logger = logging.getLogger(__name__)
_staged = ExitStack()
atexit.register(_staged.close)


def has_checkpoint(location: Path) -> bool:
    """Whether `location`, a folder or a checkpoint's prefix, holds any file of RingNet's checkpoint."""
    return bool(_sets(location))


def checkpoint_file(wanted: Wanted, location: Path) -> FoundFile:
    """One file of the checkpoint at `location`. Raises ModelFileError as `locate_checkpoint`, or if it is missing."""
    sets = _sets(location)
    files = max(sets, key=lambda files: (len(files), *(-int(part) for part in _key(files))), default={})
    suffix = wanted.name.removeprefix(CHECKPOINT_NAME)
    if suffix in files:
        return files[suffix]
    folder = next(iter(files.values())).path.parent if files else survey(location).folder
    problem = f"is missing; {survey(location).holds()}"
    raise MissingModelFileError(folder / wanted.name, problem, wanted.download.remedy(folder))


def locate_checkpoint(location: Path) -> CheckpointFiles:
    """RingNet's checkpoint at `location`: a folder, one of its files, or the prefix that the files share.

    Files under other names than RingNet's own, or in a zip archive, are laid under these into a temporary folder,
    which goes with this process.
    Raises ModelFileError where several checkpoints fit equally well, or a packed one can't be unpacked.
    """
    sets = _sets(location)
    complete = [files for files in sets if len(files) == len(CHECKPOINT_SUFFIXES)]
    if not complete:
        return _incomplete(location, sets)
    best = min(map(_key, complete))
    chosen = [files for files in complete if _key(files) == best]
    if len(chosen) > 1:
        names = ", ".join(sorted(str(files[".meta"]) for files in chosen)[:SHOWN_NAMES])
        raise ModelFileError(
            location, f"holds several checkpoints: {names}", "Name one: MODEL_FOLDER may be its folder"
        )
    files = chosen[0]
    folder = files[".meta"].path.parent
    under_own_names = all(
        file.path == folder / (CHECKPOINT_NAME + suffix) and not file.member for suffix, file in files.items()
    )
    return CheckpointFiles(folder) if under_own_names else CheckpointFiles(_stage(tuple(files.items())), folder)


def _sets(location: Path) -> list[FileSet]:
    """What of a checkpoint is at `location`, by the folder or archive that holds it."""
    if location.is_dir() or is_archive(location):
        return _sets_in(survey(location), CHECKPOINT_NAME.lower(), depth=None)
    if not location.parent.is_dir():
        return []
    stem = location.name.lower()
    for suffix in CHECKPOINT_SUFFIXES:
        stem = stem.removesuffix(".txt").removesuffix(suffix)
    return _sets_in(survey(location.parent), stem, depth=0)


def _sets_in(found: Survey, stem: str, depth: int | None) -> list[FileSet]:
    sets: dict[tuple[Path, str], dict[str, FoundFile]] = defaultdict(dict)
    for file_depth, file in found.files:
        if depth is not None and file_depth != depth:
            continue
        for suffix in CHECKPOINT_SUFFIXES:
            if file.plain_name == stem + suffix:
                home = (file.path, file.member.rpartition("/")[0]) if file.member else (file.path.parent, "")
                earlier = sets[home].get(suffix)
                # The file under its own name wins over a copy of it.
                if earlier is None or file.name == stem + suffix:
                    sets[home][suffix] = file
    return list(sets.values())


def _key(files: FileSet) -> tuple[bool, int]:
    """What comes first: unpacked, then nearest to the top."""
    return any(file.is_packed for file in files.values()), min(len(file.path.parts) for file in files.values())


def _incomplete(location: Path, sets: list[FileSet]) -> CheckpointFiles:
    """The files of which one is missing, so that the error names it. Raises ModelFileError where none is there."""
    found = survey(location)
    remedy = RINGNET_CHECKPOINT.remedy(found.folder)
    if sets:
        fullest = max(sets, key=len)
        first = next(iter(fullest.values()))
        if all(file.path.name == CHECKPOINT_NAME + suffix for suffix, file in fullest.items()):
            return CheckpointFiles(first.path.parent)
        missing = next(suffix for suffix in CHECKPOINT_SUFFIXES if suffix not in fullest)
        problem = f"holds {first}, and beside it no {CHECKPOINT_NAME}{missing}"
        raise ModelFileError(found.folder, problem, remedy)
    problem = f"is missing; {found.holds()}"
    for path, fault in found.faults.items():
        problem += f"; {path.name} {fault}"
    if others := [file.name for _, file in found.files if file.name.endswith(".meta")]:
        stem = others[0].removesuffix(".meta")
        problem += f"; if {stem} is RingNet's, give MODEL_FOLDER = {found.folder / stem}"
    raise MissingModelFileError(found.folder / (CHECKPOINT_NAME + CHECKPOINT_SUFFIXES[0]), problem, remedy)


@cache
def _stage(files: tuple[tuple[str, FoundFile], ...]) -> Path:
    folder = _staged.enter_context(temporary_folder("masking-checkpoint-"))
    logger.info("%s is read under the names that TensorFlow expects", dict(files)[".meta"])
    for suffix, file in files:
        _copy(file, folder / (CHECKPOINT_NAME + suffix))
    return folder


def _copy(file: FoundFile, target: Path) -> None:
    try:
        with file.content(MAX_BYTES) as source, whole_binary_file(target) as copy:
            copy_bounded(source, copy, MAX_BYTES)
    except PackedFileError as error:
        raise ModelFileError(str(file), str(error), RINGNET_CHECKPOINT.remedy(file.path.parent)) from error
    except OSError as error:
        problem = f"can't be read, or put into a temporary folder: {error.strerror}"
        raise ModelFileError(str(file), problem, "Make room there, or rename the files to RingNet's own") from error
