"""Publishing an image's outputs: all or none, through no link, over no foreign file, for no more eyes than the photo.

Paths are strings here: hundreds of thousands of them are made in a run, and pathlib's cost more than the file system.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from masking.core.errors import PublishError
from masking.core.file_state import FileState
from masking.core.safe_files import Folder, NotOursError, make_folders
from masking.dataset.outputs import (
    KIND_AT,
    MASK_PICTURES,
    OVERLAY,
    PHOTO_SHOWING,
    STEM,
    TEMPORARY_PREFIX,
    OutputKind,
    all_locations,
    is_flat,
    locations_of,
)
from masking.dataset.permissions import EVERYBODY, NOBODY_ELSE, Readers, readers_of, readers_within
from masking.dataset.photo_lock import photo_locked
from masking.dataset.tree import PreparedImage

BESIDE = ""
"""The key of the photo's own folder among the folders of an image."""
KEYS = {location: location.partition("/")[0] if "/" in location else BESIDE for location in KIND_AT}
SUFFIXES = {location: location.rpartition(STEM if is_flat(location) else "*")[2] for location in KIND_AT}


@dataclass(frozen=True)
class _Target:
    """A file to be written: where, under which name, what, and who may read it."""

    location: str
    folder: Folder
    name: str
    content: bytes
    readers: Readers


class OutputPublisher:
    """Puts outputs beside the image and into OUTPUT_FOLDER."""

    def __init__(self, output_folder: Path) -> None:
        self._root = str(output_folder)
        self._open_for: tuple[str, str, str, bool] | None = None
        self._folders: dict[str, Folder] = {}
        self._found: dict[str, set[str]] = {}
        self._has_leftovers = False
        self._reachable: dict[Readers, Readers] = {}
        self._changed_folders: set[str] = set()

    def publish(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> dict[str, FileState]:
        """Write every file of `contents` to its locations, and remove files of other kinds that an earlier run left.

        Each file is written under a temporary name in its folder and flushed to the disk; only when all are there does
        any get its own name. The overlay beside the image comes last: where it stands, everything else does. That the
        names outlive a power cut takes a call of `flush`, which serves many images at once.
        Returns each file's state by its location. Raises PublishError, with nothing left under any output's name, where
        something can't be written, or something that is not this program's is in the way, which stays. Where all of
        them stand there already, byte for byte, they are left as they are.
        """
        with photo_locked(str(image.path)):
            self._turn_to(image)
            self._check_way(image, contents)
            return self._standing(image, contents) or self._publish(image, contents)

    def withdraw(self, image: PreparedImage) -> None:
        """Remove every output of `image`, of whatever run, the overlays first, beside the image before the backup.

        Raises PublishError, which names all that stays, once everything else is gone.
        """
        with photo_locked(str(image.path)):
            self._turn_to(image)
            staying = self._clear(image)
            staying += [
                f"{self._path_at(image, location)} looks like a mask of this photo, but no record says that this "
                "program wrote it: check it, and remove it"
                for location in sorted(image.foreign)
                if KIND_AT[location] in MASK_PICTURES and self._stands(image, location)
            ]
            if staying:
                raise PublishError("; ".join(staying))

    def remove(self, image: PreparedImage, locations: Collection[str]) -> None:
        """Remove what stands at `locations` of `image`. Raises PublishError, which names all that stays."""
        self._turn_to(image)
        if staying := self._remove(image, locations, ()):
            raise PublishError("; ".join(staying))

    def flush(self) -> None:
        """Make the names of everything published so far outlive a power cut.

        Where a folder can't be flushed, nothing is lost but time: the next run finds what is missing and does it again.
        """
        for path in sorted(self._changed_folders):
            with suppress(OSError), Folder(path) as folder:
                folder.flush()
        self._changed_folders.clear()

    def close(self) -> None:
        """Let go of all folders."""
        self._let_go()

    def _publish(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> dict[str, FileState]:
        self._make_way(image, contents)
        try:
            targets = self._targets(image, contents)
            written = _write_durably(targets)
            for target in targets:
                target.folder.rename(_temporary(target.name), target.name)
        except OSError as error:
            self._let_go()
            where = error.filename or image.path.parent
            problems = [f"the outputs can't be written: {error.strerror}: {where}", *self._clear(image)]
            raise PublishError("; ".join(problems)) from error
        except BaseException:
            self._clear(image)
            raise
        self._changed_folders.update(target.folder.path for target in targets)
        for target in targets:
            self._found.setdefault(target.folder.path, set()).add(target.name)
        digests = {kind: hashlib.sha256(content).digest() for kind, content in contents.items()}
        return {
            target.location: FileState(digests[KIND_AT[target.location]], size, mtime_ns)
            for target, (size, mtime_ns) in zip(targets, written, strict=True)
        }

    def _targets(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> list[_Target]:
        """What is to be written, in the order in which it gets its names."""
        locations = [location for kind in contents for location in locations_of(kind, image)]
        last = locations_of(OVERLAY, image)[-1]
        readers, targets = _readers_of_photo(image), []
        for location in sorted(locations, key=lambda location: location == last):
            kind = KIND_AT[location]
            folder = self._folder(image, _folder_key(location), make=True)
            if folder is None:
                raise FileNotFoundError(2, "the photo's folder has gone", str(image.path.parent))
            allowed = self._readers(image, readers, location) if kind in PHOTO_SHOWING else EVERYBODY
            targets.append(_Target(location, folder, _name_at(image, location), contents[kind], allowed))
        return targets

    def _readers(self, image: PreparedImage, readers: Readers, location: str) -> Readers:
        """Whoever may read the photo: beside it, its folders keep the others out; in the backup, others may come by."""
        if _folder_key(location) == BESIDE:
            return readers
        if readers not in self._reachable:
            self._reachable[readers] = readers_within(os.path.dirname(str(image.path)), readers)  # noqa: PTH120
        return self._reachable[readers]

    def _check_way(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> None:
        """Raise PublishError where something that is not this program's has the name of one of `contents`, unless it
        is the same.
        """
        targets = {location: content for kind, content in contents.items() for location in locations_of(kind, image)}
        in_the_way = [
            self._path_at(image, location)
            for location in sorted(image.foreign.intersection(targets))
            if self._stands(image, location) and self._status_if_holding(image, location, targets[location]) is None
        ]
        if in_the_way:
            raise PublishError(
                f"{', '.join(in_the_way)} {'was' if len(in_the_way) == 1 else 'were'} there before, but no record "
                "says that this program wrote it; it is left alone, and the image gets no mask: move it away, and run "
                "again"
            )

    def _standing(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> dict[str, FileState]:
        """The states of the image's files where `contents` stand in all their locations, else nothing.

        Another worker may have been given the image too, and its outcome been noted: if this one began anew and was
        ended in the middle, files would be missing that are said to be there.
        """
        states: dict[str, FileState] = {}
        readers: Readers | None = None
        for kind, content in contents.items():
            digest = b""
            for location in locations_of(kind, image):
                status = self._status_if_holding(image, location, content)
                if status is None:
                    return {}
                if kind in PHOTO_SHOWING:
                    readers = readers or _readers_of_photo(image)
                    if status.st_mode & ~self._readers(image, readers, location).mode & 0o044:
                        return {}
                digest = digest or hashlib.sha256(content).digest()
                states[location] = FileState(digest, status.st_size, status.st_mtime_ns)
        if staying := self._clear(image, keep=states):
            raise PublishError("; ".join(staying))
        self._changed_folders.update(folder.path for folder in self._folders.values())
        return states

    def _status_if_holding(self, image: PreparedImage, location: str, content: bytes) -> os.stat_result | None:
        """The status of the file at `location` where it is one and holds `content`."""
        folder = self._folder(image, _folder_key(location))
        if folder is None:
            return None
        with suppress(OSError), folder.open_file(_name_at(image, location)) as file:
            status = os.fstat(file.fileno())
            if status.st_size == len(content) and status.st_nlink == 1 and file.read() == content:
                return status
        return None

    def _clear(self, image: PreparedImage, keep: Collection[str] = ()) -> list[str]:
        """Remove all of the image's files but those at the locations to `keep`; what can't be removed, in sentences."""
        locations = [location for location in all_locations(image) if location not in keep]
        return self._remove(image, locations, _written_locations(image))

    def _make_way(self, image: PreparedImage, kinds: Collection[OutputKind]) -> None:
        """Remove what earlier runs left of `image`, as `withdraw`, the names that `kinds` are about to get included.

        Asking the file system for each name in vain is what publishing would cost most, on a network file system above
        all. Files of other kinds can only be an earlier run's, so one listing of the video's folders tells of them;
        those of `kinds` may also be of a worker of this run that has died since, so they are removed unseen.
        A folder that holds every image's outputs is not listed: there each name is looked for by itself.
        """
        for key in {_folder_key(location) for location in all_locations(image)}:
            folder = self._folder(image, key)
            if folder is not None and folder.path not in self._found and not _holds_all_images(image, key):
                try:
                    self._found[folder.path] = folder.names()
                except OSError as error:
                    raise PublishError(
                        f"a folder of outputs can't be listed: {error.strerror}: {folder.path}"
                    ) from error
                self._has_leftovers |= any(name.startswith(TEMPORARY_PREFIX) for name in self._found[folder.path])
        locations = [
            location
            for location in all_locations(image)
            if KIND_AT[location] in kinds or self._was_found(image, location)
        ]
        leftovers = []
        if self._has_leftovers or image.flat_backup:
            leftovers = [
                location for location in _written_locations(image) if self._was_found(image, location, temporary=True)
            ]
        if staying := self._remove(image, locations, leftovers):
            raise PublishError("; ".join(staying))

    def _was_found(self, image: PreparedImage, location: str, *, temporary: bool = False) -> bool:
        key, name = _folder_key(location), _name_at(image, location)
        folder, sought = self._folder(image, key), _temporary(name) if temporary else name
        if folder is None:
            return False
        if _holds_all_images(image, key):
            return _may_stand(folder, sought)
        return sought in self._found.get(folder.path, ())

    def _remove(self, image: PreparedImage, locations: Iterable[str], temporaries: Iterable[str]) -> list[str]:
        """Remove what stands at `locations`, and what was being written for `temporaries`; say of what can't be."""
        staying = []
        for location in sorted(locations, key=_order_of_removal):
            if location not in image.foreign:
                staying += self._remove_name(image, location, _name_at(image, location))
        for location in temporaries:
            staying += self._remove_name(image, location, _temporary(_name_at(image, location)))
        return list(dict.fromkeys(staying))

    def _remove_name(self, image: PreparedImage, location: str, name: str) -> list[str]:
        try:
            folder = self._folder(image, _folder_key(location))
            if folder is not None:
                folder.remove(name)
        except FileNotFoundError:
            return []
        except PublishError as error:
            return [str(error)]
        except OSError as error:
            # Where the name itself is impossible here (too long, below a file), nothing can stand under it.
            if folder is not None and not _may_stand(folder, name):
                return []
            return [f"an output of an earlier run can't be removed: {error.strerror}: {self._path_at(image, location)}"]
        return []

    def _stands(self, image: PreparedImage, location: str) -> bool:
        folder = self._folder(image, _folder_key(location))
        return folder is not None and _may_stand(folder, _name_at(image, location))

    def _path_at(self, image: PreparedImage, location: str) -> str:
        key = _folder_key(location)
        folder = os.path.dirname(str(image.path)) if key == BESIDE else f"{self._root}/{_below_root(image, key)}"  # noqa: PTH120
        return f"{folder}/{_name_at(image, location)}"

    def _turn_to(self, image: PreparedImage) -> None:
        """Let go of the folders of another video."""
        current = image.identity, image.video, os.path.dirname(str(image.path)), image.flat_backup  # noqa: PTH120
        if self._open_for != current:
            self._let_go()
            self._open_for = current

    def _let_go(self) -> None:
        for folder in self._folders.values():
            folder.close()
        self._folders.clear()
        self._found.clear()
        self._has_leftovers = False
        self._reachable.clear()

    def _folder(self, image: PreparedImage, key: str, *, make: bool = False) -> Folder | None:
        """The image's folder of this key, held open while its video lasts; None where it is missing and not made.

        Raises PublishError where it is reached through a link that leaves the tree, or can't be opened.
        """
        if key in self._folders:
            return self._folders[key]
        try:
            if key == BESIDE:
                folder = _open_beside(image)
            else:
                if make:
                    make_folders(Path(self._root))
                folder = Folder(self._root, _below_root(image, key), make=make)
        except NotOursError as error:
            raise PublishError(
                f"{error.filename} is reached through a link, or is no folder; outputs are neither written nor removed "
                "through links"
            ) from error
        except FileNotFoundError:
            if make:
                raise
            return None
        except OSError as error:
            if make:
                raise
            raise PublishError(f"a folder of outputs can't be opened: {error.strerror}: {error.filename}") from error
        self._folders[key] = folder
        return folder


def remove_outputs(output_folder: Path, image: PreparedImage, locations: Collection[str]) -> None:
    """As OutputPublisher.remove, once."""
    publisher = OutputPublisher(output_folder)
    try:
        publisher.remove(image, locations)
    finally:
        publisher.close()


def _open_beside(image: PreparedImage) -> Folder:
    """The photo's own folder. Links above it are followed as far as they stay inside the tree, as the walk does."""
    below = "/".join(image.folders)
    path = os.path.dirname(str(image.path))  # noqa: PTH120
    root = path[: -len(below) - 1] if below and path.endswith(f"/{below}") else path
    try:
        return Folder(root, path[len(root) + 1 :])
    except NotOursError:
        real_root, real = os.path.realpath(root), os.path.realpath(path)
        if not real.startswith(f"{real_root}/"):
            raise
        return Folder(real_root, real[len(real_root) + 1 :])


def _holds_all_images(image: PreparedImage, key: str) -> bool:
    """Whether the image's folder of this key is that of all other images, too."""
    return image.flat_backup and key != BESIDE


def _written_locations(image: PreparedImage) -> list[str]:
    """Where a run may have begun to write something for it."""
    return [location for location in all_locations(image) if "/" in location or not image.backup_only]


def _readers_of_photo(image: PreparedImage) -> Readers:
    """Who may read the photo; nobody but this user where that can't be told."""
    try:
        return readers_of(os.stat(image.path))  # noqa: PTH116
    except OSError:
        return NOBODY_ELSE


def _folder_key(location: str) -> str:
    """Which of the image's folders `location` is in: the backup folder's name, or BESIDE."""
    return KEYS[location]


def _below_root(image: PreparedImage, key: str) -> str:
    return key if image.flat_backup else "/".join((key, *image.folders))


def _name_at(image: PreparedImage, location: str) -> str:
    return _stem_of(image.path.name) + SUFFIXES[location]


@lru_cache(maxsize=16)
def _stem_of(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122


def _order_of_removal(location: str) -> tuple[bool, bool]:
    """Overlays first: with anything else gone, one of them still shows what may be wrong. Then the photo's folder."""
    return KIND_AT[location] is not OVERLAY, "/" in location


def _may_stand(folder: Folder, name: str) -> bool:
    try:
        return folder.holds(name)
    except OSError:
        return True


@lru_cache(maxsize=256)
def _temporary(name: str) -> str:
    """The name under which `name` is written: always the same, so that the next try clears what a killed run left,
    and short, so that a long name stays within the file system's bound.
    """
    return f"{TEMPORARY_PREFIX}{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.tmp"


def _write_durably(targets: list[_Target]) -> list[tuple[int, int]]:
    """Write all files, begin to send all to the disk, then flush each: the file system's journal is then written once
    and not for each file anew.

    Returns each one's size and modification time in nanoseconds.
    """
    descriptors: list[int] = []
    try:
        for target in targets:
            try:
                descriptors.append(target.folder.create(_temporary(target.name), target.readers.mode))
                target.readers.limit(descriptors[-1])
                _write_all(descriptors[-1], target.content)
            except OSError as error:  # noqa: PERF203 - six files
                error.filename = f"{target.folder.path}/{target.name}"
                raise
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


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
