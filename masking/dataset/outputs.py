"""Naming an image's outputs, and publishing them all or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from masking.dataset.tree import PreparedImage
from masking.errors import PublishError

TEMPORARY_PREFIX = ".masking-"


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
ALL_KINDS = (OVERLAY, MASK_ONLY, MESH, OVERLAY_ARRAY, MASK_ONLY_ARRAY)


class OutputPublisher:
    """Puts outputs beside the image and into OUTPUT_FOLDER."""

    def __init__(self, output_folder: Path) -> None:
        self._root = output_folder

    def publish(self, image: PreparedImage, contents: Mapping[OutputKind, bytes]) -> None:
        """Write every file of `contents` to its places, and remove files of other kinds that an earlier run left there.

        Each file is written under a temporary name in its folder and flushed to the disk; only when all are there does
        any get its own name. The overlay beside the image comes last: where it stands, everything else does.
        Raises PublishError, with nothing left under any output's name, where something can't be written.
        """
        self.withdraw(image)
        places = [(path, content) for kind, content in contents.items() for path in self.places(image, kind)]
        places.sort(key=lambda place: place[0] == self.places(image, OVERLAY)[-1])
        try:
            self._make_backup_folders(image, contents)
            for path, content in places:
                _write_durably(_temporary(path), content)
            for path, _ in places:
                _temporary(path).replace(path)
            for folder in {path.parent for path, _ in places}:
                _flush_folder(folder)
        except OSError as error:
            self.withdraw(image)
            raise PublishError(f"the outputs can't be written: {error.strerror}: {error.filename}") from error
        except BaseException:
            self.withdraw(image)
            raise

    def withdraw(self, image: PreparedImage) -> None:
        """Remove every output of `image`, of whatever run, the overlays first. Raises PublishError where one stays."""
        for kind in ALL_KINDS:
            for path in self.places(image, kind):
                _remove(path)
                _remove(_temporary(path))

    def places(self, image: PreparedImage, kind: OutputKind) -> list[Path]:
        """Where the outputs of `kind` go: the backup, then beside the image."""
        name = image.stem + kind.suffix
        backup = self._root / kind.backup_folder / image.identity / image.video / name
        return [backup, image.path.with_name(name)] if kind.beside_image else [backup]

    def _make_backup_folders(self, image: PreparedImage, kinds: Iterable[OutputKind]) -> None:
        real_root = os.path.realpath(self._root)
        for name in {kind.backup_folder for kind in kinds}:
            folder = self._root / name / image.identity / image.video
            folder.mkdir(parents=True, exist_ok=True)
            if os.path.realpath(folder) != os.path.join(real_root, name, image.identity, image.video):  # noqa: PTH118
                raise PublishError(f"{folder} is reached through a link; outputs are not written through links")


def _temporary(path: Path) -> Path:
    """The name under which `path` is written: always the same, so that the next try clears what a killed run left,
    and short, so that a long name stays within the file system's bound.
    """
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    return path.with_name(f"{TEMPORARY_PREFIX}{digest}.tmp")


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # Where the name itself is impossible here (too long, below a file), nothing can stand under it.
        if os.path.lexists(path):
            raise PublishError(f"an output of an earlier run can't be removed: {error.strerror}: {path}") from error


def _write_durably(path: Path, content: bytes) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
