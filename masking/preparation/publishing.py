"""Writing a video's outputs: through no link, over no foreign file, readable by nobody who can't read the video."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from io import BytesIO
from pathlib import Path
from typing import IO

from masking.core.errors import PublishError
from masking.core.file_state import FileState
from masking.core.safe_files import Folder, NotOursError, make_folders
from masking.dataset.outputs import TEMPORARY_PREFIX
from masking.dataset.permissions import EVERYBODY, NOBODY_ELSE, Readers, readers_of, readers_within
from masking.preparation.outputs import (
    MAX_RECORD_BYTES,
    RECORD,
    ROWS,
    SHEET,
    TreeFile,
    VideoRecord,
    output_path,
    record_of,
    tree_folder,
)
from masking.preparation.source import SourceVideo

COPIED_AT_ONCE = 1 << 20
"""Bytes."""


@dataclass(frozen=True)
class VideoOutputs:
    """What is to be written for a video. contents: of the files that `record` names, by tree and name. rows: an open
    file with its lines of prepared.csv, which may be many. sheet: a JPEG file.
    """

    record: VideoRecord
    contents: Mapping[tuple[str, str], bytes]
    rows: IO[bytes]
    sheet: bytes

    @property
    def complete_record(self) -> VideoRecord:
        """The record, with what is written into the trees."""
        files = [
            TreeFile(tree, name, hashlib.sha256(content).hexdigest())
            for (tree, name), content in sorted(self.contents.items())
        ]
        return replace(self.record, files=tuple(files))


class VideoPublisher:
    """Puts a video's outputs into TARGET, and takes them away again."""

    def __init__(self, target: Path) -> None:
        self._target = str(target)
        self._changed_folders: set[str] = set()

    def publish(self, video: SourceVideo, outputs: VideoOutputs) -> dict[str, FileState]:
        """Write everything, and remove what an earlier run wrote for this video and this one doesn't.

        The record comes first: whatever is in the trees after a kill, a record names it. Files that are there as
        they should be are left as they are. Returns the states of the files at LOCATIONS. Raises PublishError, with
        nothing of the video left in the trees, where that can't be done.
        """
        record, readers = outputs.complete_record, readers_of_video(video)
        try:
            earlier = self.record(video)
            self._check_way(video, record, earlier)
            kept = {(file.tree, file.name) for file in record.files}
            self._remove(video, [file for file in earlier.files if (file.tree, file.name) not in kept])
            states = {RECORD: self._write_at(video, RECORD, BytesIO(record.text.encode()), EVERYBODY)}
            for (tree, name), content in sorted(outputs.contents.items()):
                self._write(tree_folder(video.identity, video.video, tree), name, BytesIO(content), readers)
            states[ROWS] = self._write_at(video, ROWS, outputs.rows, EVERYBODY)
            states[SHEET] = self._write_at(video, SHEET, BytesIO(outputs.sheet), readers)
        except OSError as error:
            problem = f"the outputs can't be written: {_why(error)}"
            with suppress(PublishError):
                self.withdraw(video)
            raise PublishError(problem) from error
        return states

    def record(self, video: SourceVideo) -> VideoRecord:
        """What an earlier run's record says; nothing where there is none that is this program's."""
        if RECORD in video.foreign:
            return VideoRecord()
        return read_record(self._target, video) or VideoRecord()

    def withdraw(self, video: SourceVideo) -> None:
        """Remove all that a run wrote for `video`. Raises PublishError, which names all that stays."""
        staying = self._remove(video, self.record(video).files)
        # The record last: while something stays, it says whose that is.
        for location in (SHEET, ROWS, RECORD):
            if location not in video.foreign and not (location == RECORD and staying):
                staying += self._remove_file(*_folder_and_name(video, location))
        if staying:
            raise PublishError("; ".join(staying))

    def flush(self) -> None:
        """Make the names of everything published so far outlive a power cut."""
        for path in sorted(self._changed_folders):
            with suppress(OSError), Folder(path) as folder:
                folder.flush()
        self._changed_folders.clear()

    def _check_way(self, video: SourceVideo, record: VideoRecord, earlier: VideoRecord) -> None:
        """Raise PublishError where something is in the way that no record says is ours, unless it is the same."""
        ours = {(file.tree, file.name) for file in earlier.files}
        in_the_way = [
            f"{self._target}/{tree_folder(video.identity, video.video, file.tree)}/{file.name}"
            for file in record.files
            if (file.tree, file.name) not in ours and self._stands_otherwise(video, file)
        ]
        in_the_way += [
            output_path(self._target, video.identity, video.video, location) for location in sorted(video.foreign)
        ]
        if in_the_way:
            raise PublishError(
                f"{', '.join(in_the_way)} {'was' if len(in_the_way) == 1 else 'were'} there before, but no record "
                "says that this program wrote it; it is left alone, and nothing is prepared from the video: move it "
                "away, and run again"
            )

    def _stands_otherwise(self, video: SourceVideo, file: TreeFile) -> bool:
        below = tree_folder(video.identity, video.video, file.tree)
        with suppress(FileNotFoundError), Folder(self._target, below) as folder:
            return folder.holds(file.name) and sha256_in(folder, file.name) != file.sha256
        return False

    def _write_at(self, video: SourceVideo, location: str, content: IO[bytes], readers: Readers) -> FileState:
        return self._write(*_folder_and_name(video, location), content, readers)

    def _write(self, below: str, name: str, content: IO[bytes], readers: Readers) -> FileState:
        make_folders(Path(self._target))
        with Folder(self._target, below, make=True) as folder:
            self._changed_folders.add(folder.path)
            digest = _sha256_of(content)
            if sha256_in(folder, name, readers.mode) != digest.hex():
                _write_whole(folder, name, content, readers)
            with folder.open_file(name) as file:
                status = os.fstat(file.fileno())
            return FileState(digest, status.st_size, status.st_mtime_ns)

    def _remove(self, video: SourceVideo, files: Collection[TreeFile]) -> list[str]:
        """Remove `files`; what can't be removed, in sentences."""
        staying = []
        for file in files:
            staying += self._remove_file(tree_folder(video.identity, video.video, file.tree), file.name)
        return staying

    def _remove_file(self, below: str, name: str) -> list[str]:
        try:
            with Folder(self._target, below) as folder:
                folder.remove(name)
                self._changed_folders.add(folder.path)
        except FileNotFoundError:
            return []
        except OSError as error:
            return [f"{self._target}/{below}/{name} can't be removed: {_why(error)}"]
        return []


def read_record(target: str, video: SourceVideo) -> VideoRecord | None:
    """The record of `video` in `target`; None where there is none, or one that no run has written."""
    below, name = _folder_and_name(video, RECORD)
    with suppress(OSError), Folder(target, below) as folder, folder.open_file(name) as file:
        return record_of(file.read(MAX_RECORD_BYTES))
    return None


def files_are_unchanged(target: str, video: SourceVideo, files: Sequence[TreeFile], mode: int) -> bool:
    """Whether all of `files` are there with the content that was written, readable by nobody whom `mode` excludes."""
    return all(_is_unchanged(target, video, file, mode) for file in files)


def _is_unchanged(target: str, video: SourceVideo, file: TreeFile, mode: int) -> bool:
    with suppress(OSError), Folder(target, tree_folder(video.identity, video.video, file.tree)) as folder:
        return sha256_in(folder, file.name, mode) == file.sha256
    return False


def sha256_in(folder: Folder, name: str, mode: int = 0o666) -> str:
    """SHA-256, hexadecimal, of the plain file `name`; empty where there is none, or one that more people may read than
    `mode` says.
    """
    with suppress(OSError), folder.open_file(name) as file:
        status = os.fstat(file.fileno())
        if status.st_nlink == 1 and not status.st_mode & ~mode & 0o044:
            return _sha256_of(file).hex()
    return ""


def _sha256_of(file: IO[bytes]) -> bytes:
    """SHA-256 (32 bytes) of all that the open file holds."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(COPIED_AT_ONCE):
        digest.update(chunk)
    return digest.digest()


def readers_of_video(video: SourceVideo) -> Readers:
    """Who may read every picture of the video; nobody but this user where that can't be determined."""
    paths = [video.path / name for name in video.names] or [video.path]
    try:
        readers = [readers_within(str(path.parent), _readers_of(path)) for path in paths]
    except OSError:
        return NOBODY_ELSE
    return reduce(Readers.joined, readers)


def _readers_of(path: Path) -> Readers:
    if not path.is_dir():
        return readers_of(path.stat())
    with os.scandir(path) as entries:
        statuses = [entry.stat() for entry in entries if entry.is_file()]
    readers = reduce(Readers.joined, map(readers_of, statuses)) if statuses else NOBODY_ELSE
    return readers_within(str(path), readers)


def _folder_and_name(video: SourceVideo, location: str) -> tuple[str, str]:
    """The folder, below TARGET, and the name of the video's file at `location`."""
    folder, _, ending = location.partition("/*")
    return f"{folder}/{video.identity}", video.video + ending


def _write_whole(folder: Folder, name: str, content: IO[bytes], readers: Readers) -> None:
    # Always the same name, so that the next try clears what a killed run left; and a short one.
    temporary = f"{TEMPORARY_PREFIX}{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.tmp"
    descriptor = folder.create(temporary, readers.mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            readers.limit(file.fileno())
            content.seek(0)
            while chunk := content.read(COPIED_AT_ONCE):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        folder.rename(temporary, name)
    except BaseException:
        with suppress(OSError):
            folder.remove(temporary)
        raise


def _why(error: OSError) -> str:
    if isinstance(error, NotOursError):
        return f"{error.filename} is reached through a link, or is no folder; nothing is written through links"
    return f"{error.strerror}: {error.filename}"
