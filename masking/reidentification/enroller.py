"""One masked image's way: read photo, overlay and mask -> find the face -> embed every kind. Nothing is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from masking.core.config import Config
from masking.core.errors import ItemError, NoFaceError, UnreadableImageError
from masking.core.file_state import FileState
from masking.core.fingerprints import fingerprint
from masking.core.string_enum import StringEnum
from masking.dataset.images import decode_image, read_image_file
from masking.pipeline.attempt import Attempt, NoDetails
from masking.pipeline.outcome import Outcome
from masking.reidentification.kinds import Kind, Picture, pictures_of
from masking.reidentification.landmarks import NO_POINTS, FaceLandmarks, LandmarkFinder, landmarks_by_kind
from masking.reidentification.meshes import read_shape, read_vertices
from masking.reidentification.recognisers.base import FindsFaces, Recogniser
from masking.reidentification.recognisers.registry import load_recognisers
from masking.reidentification.trees import MaskedImage

log = logging.getLogger(__name__)

Vectors = Mapping[str, npt.NDArray[np.float32]]
MESH, SHAPE = "mesh", "shape"
Read = TypeVar("Read")


class Enrolment(StringEnum):
    """What became of an image."""

    ENROLLED = "enrolled"
    NOT_MASKED = "not_masked"
    NO_FACE = "no_face"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@dataclass(frozen=True)
class EnrolledImage:
    """outcome: its source are the three files as they were read, taken together. vectors: by `vector_name`; a kind in
    which no face was found has none; None where the image was not enrolled. photo: the photo file's SHA-256,
    hexadecimal.
    """

    outcome: Outcome
    vectors: Vectors | None = None
    photo: str = ""


class NotMaskedError(ItemError):
    """There is no overlay and mask of the photo."""

    status = str(Enrolment.NOT_MASKED)


def vector_name(recogniser: str, kind: Kind) -> str:
    """Under which name a recogniser's vector of a kind is kept."""
    return f"{recogniser}/{kind.name.lower()}"


class Enroller:
    """Loaded recognisers and everything else that embedding one image after another needs.

    Raises ModelFileError or MissingPackageError where a model can't be loaded.
    """

    def __init__(self, config: Config) -> None:
        self._options = config.reidentification
        self._max_megapixels = config.run.max_megapixels
        self._recognisers = load_recognisers(config)
        self._finder = LandmarkFinder()

    @property
    def models(self) -> dict[str, str]:
        """What does each part of the work, for people."""
        recognisers = {f"recogniser {one.name}": one.description for one in self._recognisers}
        return {"faces": self._finder.description, **recognisers}

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 (32 bytes) of everything in the models that a vector depends on."""
        return fingerprint([self._finder.fingerprint, *(one.fingerprint for one in self._recognisers)])

    @property
    def recognisers(self) -> list[str]:
        """Their names."""
        return [one.name for one in self._recognisers]

    def enrol(self, image: MaskedImage) -> EnrolledImage:
        """Embed every kind of `image`. Never raises for anything that is wrong with it.

        Raises ModelFileError for a network that doesn't take what it should.
        """
        attempt = Attempt(image, NoDetails())
        enrolled: tuple[Vectors | None, str] = None, ""
        with attempt.alone(), attempt.step("embed"):
            vectors, attempt.source, photo = self._embed_all(image)
            attempt.status, enrolled = Enrolment.ENROLLED, (vectors, photo)
        return EnrolledImage(attempt.outcome, *enrolled)

    def _embed_all(self, image: MaskedImage) -> tuple[Vectors, FileState, str]:
        pictures, source, photo = self._read(image)
        where = landmarks_by_kind(pictures, self._finder, self._options.alignment)
        if Kind.PHOTO not in where:
            raise NoFaceError("no face was found in the photo")
        vectors: dict[str, npt.NDArray[np.float32]] = {
            vector_name(recogniser.name, kind): recogniser.embed(pictures[kind], landmarks)
            for recogniser in self._recognisers
            for kind, landmarks in self._where(recogniser, pictures, where).items()
        }
        if self._options.geometry:
            vectors |= _geometry(image)
        return vectors, source, photo

    def _where(
        self, recogniser: Recogniser, pictures: Mapping[Kind, Picture], where: Mapping[Kind, FaceLandmarks]
    ) -> Mapping[Kind, FaceLandmarks]:
        """Where the face is, as found by the recogniser's own detector if it has one and is to look for itself."""
        if self._options.alignment == "photo" or not isinstance(recogniser, FindsFaces):
            return where
        found = {kind: recogniser.find(picture) for kind, picture in pictures.items()}
        return {kind: FaceLandmarks(five, NO_POINTS) for kind, five in found.items() if five is not None}

    def _read(self, image: MaskedImage) -> tuple[Mapping[Kind, Picture], FileState, str]:
        if not (image.overlay.is_file() and image.mask_only.is_file()):
            raise NotMaskedError("there is no overlay and mask of it")
        pictures, states = [], []
        for path in (image.path, image.overlay, image.mask_only):
            try:
                content, state = read_image_file(path, self._max_megapixels)
                pictures.append(decode_image(content, self._max_megapixels))
            except UnreadableImageError as error:
                raise UnreadableImageError(f"{path.name}: {error}") from error
            states.append(state)
        photo, overlay, mask_only = pictures
        if not photo.shape == overlay.shape == mask_only.shape:
            raise UnreadableImageError("photo, overlay and mask differ in size")
        try:
            return pictures_of(photo, overlay, mask_only), taken_together(states), states[0].sha256.hex()
        except ValueError as error:
            raise UnreadableImageError(str(error)) from error


def taken_together(states: list[FileState]) -> FileState:
    """One state for several files that an item is made of."""
    digest = fingerprint([state.sha256.hex() for state in states])
    return FileState(digest, sum(state.size for state in states), max(state.mtime_ns for state in states))


def _geometry(image: MaskedImage) -> dict[str, npt.NDArray[np.float32]]:
    """Mesh and shape numbers, as far as they were published."""
    found = {MESH: _if_there(lambda: read_vertices(image.mesh)), SHAPE: _if_there(lambda: read_shape(image.parameters))}
    return {name: array for name, array in found.items() if array is not None}


def _if_there(read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("geometry left out: %s", error)
        return None
