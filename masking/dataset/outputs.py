"""Naming an image's outputs, and publishing them all or not at all.

Paths are strings here: hundreds of thousands of them are made in a run, and pathlib's cost more than the file system.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from masking.dataset.claim import claimed
from masking.dataset.tree import PreparedImage
from masking.errors import PublishError
from masking.outcome import FileState

TEMPORARY_PREFIX = ".masking-"
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


@dataclass(frozen=True)
class OutputKind:
    """One file of an image: its name is the image's stem with `suffix`.

    It is kept in OUTPUT_FOLDER/`backup_folder`/<identity>/<video> and, where `beside_image`, next to the image.
    """

    suffix: str
    backup_folder: str
    beside_image: bool = True


OVERLAY = OutputKind("_overlay.png", "images")
MASK_ONLY = OutputKind("_mask_only.png", "images")
MESH = OutputKind(".obj", "mesh")
OVERLAY_ARRAY = OutputKind("_overlay.npy", "images", beside_image=False)
MASK_ONLY_ARRAY = OutputKind("_mask_only.npy", "images", beside_image=False)
PARAMETERS = OutputKind(".npz", "params")
PARAMETERS_DICT = OutputKind(".npy", "params")
NEUTRAL_MESH = OutputKind("_neutral.obj", "mesh")
TEXTURED_MESH = OutputKind("_texture.obj", "texture")
TEXTURE_MATERIAL = OutputKind("_texture.mtl", "texture")
TEXTURE = OutputKind("_texture.png", "texture")
VISUALIZATION = OutputKind("_visualization.png", "images")
ALL_KINDS = (
    OVERLAY,
    MASK_ONLY,
    MESH,
    OVERLAY_ARRAY,
    MASK_ONLY_ARRAY,
    PARAMETERS,
    PARAMETERS_DICT,
    NEUTRAL_MESH,
    TEXTURED_MESH,
    TEXTURE_MATERIAL,
    TEXTURE,
    VISUALIZATION,
)


def output_places(kind: OutputKind, is_loose: bool = False) -> list[str]:
    """Where the outputs of `kind` go: the backup, then beside the image unless it `is_loose`. `*` stands for what the
    image decides.
    """
    backup = f"{kind.backup_folder}/*{kind.suffix}"
    return [backup, f"*{kind.suffix}"] if kind.beside_image and not is_loose else [backup]


def output_paths(output_folder: str, image: PreparedImage, places: Iterable[str]) -> list[str]:
    """The paths of the outputs of `image` at `places`, which `output_places` names."""
    beside = os.path.splitext(str(image.path))[0]  # noqa: PTH122 - see the module's docstring
    below_backup = _video_folder(image) + os.path.basename(beside)  # noqa: PTH119
    return [
        f"{output_folder}/{place.replace('*', below_backup, 1)}" if "/" in place else beside + place[1:]
        for place in places
    ]


def _video_folder(image: PreparedImage) -> str:
    return "" if image.is_loose else f"{image.identity}/{image.video}/"


ALL_PLACES = tuple(place for kind in ALL_KINDS for place in output_places(kind))


def _kinds_by_place(image: PreparedImage, kinds: Iterable[OutputKind]) -> dict[str, OutputKind]:
    return {place: kind for kind in kinds for place in output_places(kind, image.is_loose)}


def _all_places(image: PreparedImage) -> list[str]:
    return [place for place in ALL_PLACES if "/" in place or not image.is_loose]


class OutputPublisher:
    """Puts outputs beside the image and into OUTPUT_FOLDER."""

    def __init__(self, output_folder: Path) -> None:
        self._root = str(output_folder)
        self._made_for: tuple[str, str] | None = None
        self._made: set[str] = set()
        self._found_in: tuple[str, str] | None = None
        self._found: set[str] = set()
        self._changed_folders: set[str] = set()

    def publish(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> dict[str, FileState]:
        """Write every file of `contents` to its places, and remove files of other kinds that an earlier run left there.

        Each file is written under a temporary name in its folder and flushed to the disk; only when all are there does
        any get its own name. The overlay beside the image comes last: where it stands, everything else does. That the
        names outlive a power cut takes a call of `flush`, which serves many images at once.
        Returns each file's state by its place. Raises PublishError, with nothing left under any output's name, where
        something can't be written. Where all of them stand there already, byte for byte, they are left as they are.
        """
        with claimed(str(image.path)):
            return self._standing(image, contents) or self._publish(image, contents)

    def withdraw(self, image: PreparedImage) -> None:
        """Remove every output of `image`, of whatever run, the overlays first. Raises PublishError where one stays."""
        with claimed(str(image.path)):
            self._clear(image)

    def _publish(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> dict[str, FileState]:
        self._make_way(image, contents)
        last = output_places(OVERLAY, image.is_loose)[-1]
        kinds = _kinds_by_place(image, contents)
        places = sorted(kinds, key=lambda place: place == last)
        paths = output_paths(self._root, image, places)
        try:
            self._make_backup_folders(image, contents)
            written = _write_durably([(_temporary(p), contents[kinds[q]]) for p, q in zip(paths, places, strict=True)])
            for path in paths:
                os.replace(_temporary(path), path)  # noqa: PTH105 - see the module's docstring
        except OSError as error:
            self._made_for = None
            self._clear(image)
            raise PublishError(
                f"the outputs can't be written: {error.strerror}: {error.filename or paths[-1]}"
            ) from error
        except BaseException:
            self._clear(image)
            raise
        self._found.update(paths)
        self._changed_folders.update(os.path.dirname(path) for path in paths)  # noqa: PTH120
        digests = {kind: hashlib.sha256(content).digest() for kind, content in contents.items()}
        return {
            place: FileState(digests[kinds[place]], size, mtime_ns)
            for place, (size, mtime_ns) in zip(places, written, strict=True)
        }

    def _standing(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> dict[str, FileState]:
        """The states of the image's files where `contents` stand in all their places, else nothing.

        Another worker may have been given the image too, and its outcome been noted: if this one began anew and was
        ended in the middle, files would be missing that are said to be there.
        """
        kinds = _kinds_by_place(image, contents)
        paths = output_paths(self._root, image, kinds)
        states = {}
        for (place, kind), path in zip(kinds.items(), paths, strict=True):
            content = contents[kind]
            if (status := _status_if_holding(path, content)) is None:
                return {}
            states[place] = FileState(hashlib.sha256(content).digest(), status.st_size, status.st_mtime_ns)
        self._clear(image, keep=paths)
        self._changed_folders.update(os.path.dirname(path) for path in paths)  # noqa: PTH120
        return states

    def _clear(self, image: PreparedImage, keep: Collection[str] = ()) -> None:
        for path in output_paths(self._root, image, _all_places(image)):
            if path not in keep:
                _remove(path)
            _remove(_temporary(path))

    def _make_way(self, image: PreparedImage, kinds: Collection[OutputKind]) -> None:
        """Remove what earlier runs left of `image`, as `withdraw`, the names that `kinds` are about to get included.

        Asking the file system for each name in vain is what publishing would cost most, on a network file system above
        all. Files of other kinds can only be an earlier run's, so one listing of the video's folders tells of them;
        those of `kinds` may also be of a worker of this run that has died since, so they are removed unseen.
        """
        if self._found_in != (image.identity, image.video):
            self._found = self._names_in_folders_of(image)
            self._found_in = image.identity, image.video
        written = _kinds_by_place(image, kinds)
        places = _all_places(image)
        for place, path in zip(places, output_paths(self._root, image, places), strict=True):
            if place in written or path in self._found:
                _remove(path)
            if (temporary := _temporary(path)) in self._found:
                _remove(temporary)

    def _names_in_folders_of(self, image: PreparedImage) -> set[str]:
        """The paths of all that stands in the folders into which the image's outputs may go."""
        found: set[str] = set()
        for folder in {os.path.dirname(path) for path in output_paths(self._root, image, _all_places(image))}:  # noqa: PTH120
            try:
                found.update(f"{folder}/{name}" for name in os.listdir(folder))  # noqa: PTH208
            except (FileNotFoundError, NotADirectoryError):  # noqa: PERF203
                continue
            except OSError as error:
                raise PublishError(f"a folder of outputs can't be listed: {error.strerror}: {folder}") from error
        return found

    def flush(self) -> None:
        """Make the names of everything published so far outlive a power cut.

        Where a folder can't be flushed, nothing is lost but time: the next run finds what is missing and does it again.
        """
        for folder in sorted(self._changed_folders):
            with suppress(OSError):
                descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        self._changed_folders.clear()

    def _make_backup_folders(self, image: PreparedImage, kinds: Iterable[OutputKind]) -> None:
        if self._made_for != (image.identity, image.video):
            self._made_for, self._made = (image.identity, image.video), set()
        for name in {kind.backup_folder for kind in kinds} - self._made:
            below = f"/{name}/{_video_folder(image)}".rstrip("/")
            folder = self._root + below
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
            if os.path.realpath(folder) != os.path.realpath(self._root) + below:
                raise PublishError(f"{folder} is reached through a link; outputs are not written through links")
            self._made.add(name)


def _temporary(path: str) -> str:
    """The name under which `path` is written: always the same, so that the next try clears what a killed run left,
    and short, so that a long name stays within the file system's bound.
    """
    folder, name = os.path.split(path)
    return f"{folder}/{TEMPORARY_PREFIX}{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.tmp"


def _status_if_holding(path: str, content: bytes) -> os.stat_result | None:
    """The status of the file `path` where it is one and holds `content`."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_size == len(content) and file.read() == content:
                return status
    return None


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except FileNotFoundError:
        return
    except OSError as error:
        # Where the name itself is impossible here (too long, below a file), nothing can stand under it.
        if os.path.lexists(path):
            raise PublishError(f"an output of an earlier run can't be removed: {error.strerror}: {path}") from error


def _write_durably(contents: list[tuple[str, bytes]]) -> list[tuple[int, int]]:
    """Write all files, begin to send all to the disk, then flush each: the file system's journal is then written once
    and not for each file anew.

    Returns each one's size and modification time in nanoseconds.
    """
    descriptors: list[int] = []
    try:
        for path, content in contents:
            try:
                descriptors.append(os.open(path, NEW_FILE, 0o666))
            except FileExistsError:
                os.unlink(path)  # noqa: PTH108
                descriptors.append(os.open(path, NEW_FILE, 0o666))
            _write_all(descriptors[-1], content, path)
        if hasattr(os, "posix_fadvise"):
            for descriptor in descriptors:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        states = []
        for descriptor in descriptors:
            os.fsync(descriptor)
            status = os.fstat(descriptor)
            states.append((status.st_size, status.st_mtime_ns))
        return states
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _write_all(descriptor: int, content: bytes, path: str) -> None:
    rest = memoryview(content)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        error.filename = path
        raise
