"""Embedding as a stage: masked images -> their vectors, in a folder that is for its owner alone.

Only who asks for such a folder gets it. Without one, `run` embeds in its own process and keeps everything in memory.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from masking.core import safe_files
from masking.core.config import Config
from masking.core.errors import OutputFolderError, PublishError
from masking.core.file_state import FileState, status_if_unchanged
from masking.core.fingerprints import fingerprint
from masking.dataset.tree import RefusedEntry
from masking.pipeline.outcome import Item, Outcome, failed, refused
from masking.pipeline.stage import Processor, Stage, Words
from masking.reidentification.enroller import EnrolledImage, Enroller, Enrolment, Vectors, taken_together
from masking.reidentification.samples import Sample
from masking.reidentification.trees import MaskedImage, MaskedTree, open_tree

LOCATION = "embeddings/*.npz"
PHOTO = "photo_sha256"
MAX_BYTES = 50_000_000
ROOM = Path(__file__).resolve().parent


class EmbeddingStage(Stage):
    """As Stage. Its items are the masked images of INPUT_FOLDER, which may be an OUTPUT_FOLDER of the mask stage."""

    name = "reidentify"
    words = Words("Embedding", "image", "images", "enrolled", "Not enrolled")
    statuses = tuple(map(str, Enrolment))
    finished = str(Enrolment.ENROLLED)
    sections = ("reidentification", "run")
    locations = (LOCATION,)

    def walk(self, config: Config) -> Iterator[MaskedImage | Outcome]:
        """As Stage."""
        for entry in open_tree(config.folders.input_folder).walk():
            yield refused(entry, entry.reason) if isinstance(entry, RefusedEntry) else entry

    def why_empty(self, config: Config) -> str:
        """As Stage."""
        from masking.dataset.layout_advice import explain_layout

        photos = open_tree(config.folders.input_folder).photos
        return explain_layout(config.folders.model_copy(update={"input_folder": photos}))

    def depth(self, config: Config) -> int:
        """As Stage."""
        return open_tree(config.folders.input_folder).layout.depth

    def load(self, config: Config) -> Processor:
        """As Stage."""
        return VectorKeeper(config)

    def files(self, config: Config) -> VectorFiles:
        """As Stage."""
        return VectorFiles(config)

    def choices(self, config: Config) -> Iterable[str]:
        """As Stage."""
        from masking.reidentification.recognisers.registry import chosen_recognisers

        return (f"{entry.name}, because {why}" for entry, why in chosen_recognisers(config))

    def warnings(self, config: Config) -> Iterable[str]:
        """As Stage."""
        yield f"{config.folders.output_folder} will hold biometric data; delete it when the study is done"


class VectorKeeper:
    """Embeds images and keeps their vectors in files. As the pipeline's Processor."""

    batch_size = 1

    def __init__(self, config: Config) -> None:
        self._enroller = Enroller(config)
        self._folder = config.folders.output_folder
        self.models = self._enroller.models

    @property
    def fingerprint(self) -> bytes:
        """Of the networks, and of this room's own code, on which no mask depends."""
        code = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(ROOM.rglob("*.py"))]
        return fingerprint([self._enroller.fingerprint.hex(), *code])

    def process(self, items: Sequence[MaskedImage]) -> Iterator[Outcome]:
        """As Processor."""
        for item in items:
            yield (
                failed(item, "something else is where its vectors would be kept") if item.foreign else self._kept(item)
            )

    def _kept(self, item: MaskedImage) -> Outcome:
        enrolled = self._enroller.enrol(item)
        if enrolled.vectors is None:
            return enrolled.outcome
        path = vectors_file(self._folder, item.identity, item.video, item.path.stem)
        try:
            return dataclasses.replace(enrolled.outcome, outputs={LOCATION: write_vectors(path, enrolled)})
        except OSError as error:
            return failed(item, f"can't be kept: {error.strerror}")

    def flush(self) -> None:
        """As Processor. Every file is on the disk already."""


class VectorFiles:
    """Where the vectors of one run's images are. As StageFiles."""

    def __init__(self, config: Config) -> None:
        self._tree, self._folder = open_tree(config.folders.input_folder), config.folders.output_folder
        self.locations = self.demanded = frozenset({LOCATION})

    def with_foreign(self, items: Sequence[MaskedImage], ours: Sequence[Collection[str]]) -> list[MaskedImage]:
        """As StageFiles."""
        return [
            dataclasses.replace(
                item, foreign=self.locations - set(own) if os.path.lexists(self._path(item)) else frozenset()
            )
            for item, own in zip(items, ours, strict=True)
        ]

    def item_of(self, outcome: Outcome) -> MaskedImage:
        """As StageFiles."""
        return self._tree.image(outcome.identity, outcome.video, outcome.name)

    def source_is_unchanged(self, item: MaskedImage, state: FileState, *, verify: bool) -> bool:
        """As StageFiles: photo, overlay and mask together."""
        paths = (item.path, item.overlay, item.mask_only)
        try:
            found = [path.stat() for path in paths]
        except OSError:
            return False
        if sum(status.st_size for status in found) != state.size:
            return False
        if max(status.st_mtime_ns for status in found) == state.mtime_ns and not verify:
            return True
        contents = [hashlib.sha256(path.read_bytes()).digest() for path in paths]
        return taken_together([FileState(sha256, 0, 0) for sha256 in contents]).sha256 == state.sha256

    def outputs_are_unchanged(self, item: MaskedImage, outputs: Mapping[str, FileState], *, verify: bool) -> bool:
        """As StageFiles."""
        path = str(self._path(item))
        return all(status_if_unchanged(path, state, verify=verify) is not None for state in outputs.values())

    def seems_finished(self, item: MaskedImage) -> bool:
        """As StageFiles."""
        return os.path.lexists(self._path(item)) or item.overlay.is_file()

    def shows_source(self, locations: Iterable[str]) -> bool:
        """As StageFiles. A vector is as good as the face: it goes when the photo goes."""
        return any(True for _ in locations)

    def remove(self, item: MaskedImage, locations: Collection[str]) -> None:
        """As StageFiles."""
        if locations:
            self.withdraw(item)

    def withdraw(self, item: MaskedImage) -> None:
        """As StageFiles."""
        try:
            safe_files.remove(self._path(item))
        except OSError as error:
            raise PublishError(f"{self._path(item)} can't be removed: {error.strerror}") from error

    def _path(self, item: Item) -> Path:
        return vectors_file(self._folder, item.identity, item.video, Path(item.name).stem)


def vectors_file(folder: Path, identity: str, video: str, stem: str) -> Path:
    """Where an image's vectors are kept."""
    return folder / "embeddings" / identity / video / f"{stem}.npz"


def write_vectors(path: Path, enrolled: EnrolledImage) -> FileState:
    """Write an image's vectors, readable by this user alone. Raises OSError."""
    held = io.BytesIO()
    arrays: dict[str, Any] = {name.replace("/", "|"): array for name, array in (enrolled.vectors or {}).items()}
    np.savez(held, allow_pickle=False, **{PHOTO: np.frombuffer(bytes.fromhex(enrolled.photo), np.uint8)}, **arrays)
    content = held.getvalue()
    safe_files.make_folders(path.parent)
    with safe_files.whole_binary_file(path) as file:
        file.write(content)
    status = path.lstat()
    return FileState(hashlib.sha256(content).digest(), status.st_size, status.st_mtime_ns)


def read_vectors(path: Path) -> tuple[Vectors, str]:
    """An image's vectors, and its photo's SHA-256. Raises OutputFolderError where they are damaged."""
    try:
        with np.load(io.BytesIO(safe_files.read_bytes(path, MAX_BYTES)), allow_pickle=False) as arrays:
            vectors = {name.replace("|", "/"): np.asarray(arrays[name], np.float32) for name in arrays if name != PHOTO}
            return vectors, bytes(arrays[PHOTO]).hex()
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise OutputFolderError(f"{path} can't be read; delete it and run again") from error


def kept_samples(tree: MaskedTree, config: Config, outcomes: Iterable[Outcome]) -> Iterator[Sample]:
    """The samples of all images that were enrolled, from their files."""
    for outcome in outcomes:
        if outcome.status == EmbeddingStage.finished:
            folder = config.folders.output_folder
            path = vectors_file(folder, outcome.identity, outcome.video, Path(outcome.name).stem)
            vectors, photo = read_vectors(path)
            person = tree.person(outcome.identity, outcome.name)
            yield Sample(person, tree.occasion(outcome.video, outcome.name), outcome.name, photo, vectors)
