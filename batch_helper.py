"""One prepared image's way: read -> find -> reconstruct -> draw and prove -> encode -> verify -> publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from masking.core.config import Config
from masking.core.errors import ItemError, VerificationError
from masking.core.file_state import FileState
from masking.core.fingerprints import fingerprint
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.images import check_unchanged, decode_image, read_image_file
from masking.dataset.outputs import MASK_ONLY, OVERLAY
from masking.dataset.png import decode_plain_png
from masking.faces.finder import FoundFaces
from masking.faces.selection import Selection
from masking.masks.details import MaskDetails
from masking.masks.exporter import Exporter
from masking.masks.photo_masker import PhotoMasker
from masking.masks.status import Status
from masking.masks.verification import check_pictures
from masking.pipeline.attempt import Attempt
from masking.pipeline.outcome import Outcome
from masking.reconstruction.base import Reconstruction
from masking.report.thumbnails import jpeg_thumbnail, pictures_in_report

log = logging.getLogger(__name__)
Picture = npt.NDArray[np.uint8]

RECONSTRUCTED_WITHOUT_MASK = frozenset(
    {Status.NO_FACE, Status.SEVERAL_FACES, Status.LOW_CONFIDENCE, Status.FIT_UNPROVEN, Status.MESH_MISSES_HULL}
)
"""What a photo may be found to be, and still have RingNet's head of it written."""


class _Attempt(Attempt[PreparedImage, MaskDetails]):
    """The account of one image."""

    def end(self, error: Exception) -> None:
        """As Attempt, with the bound that the image missed, and the candidates that were seen."""
        super().end(error)
        if isinstance(error, ItemError):
            candidates = max(self.details.candidates, error.candidates)
            self.details = replace(self.details, missed_bound=error.missed, candidates=candidates)


@dataclass(frozen=True)
class _Photo:
    """An image that was read."""

    attempt: _Attempt
    pixels: Picture
    state: FileState


@dataclass(frozen=True)
class _Portrait:
    """A photo, the people who were found in it, and those who are to be masked."""

    photo: _Photo
    found: FoundFaces
    selection: Selection


class ImageMasker:
    """Loaded models and everything else that masking one image after another needs. As masking.pipeline's Processor.

    Raises ModelFileError or MissingPackageError where a model can't be loaded.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._masker = PhotoMasker(config)
        self._publisher = OutputPublisher(config.folders.output_folder)
        self._exporter = Exporter(config.output, self._masker.reconstructor, self._masker.renderer)

    @property
    def models(self) -> dict[str, str]:
        """What does each part of the work, with file names and fingerprints, for people."""
        return {
            "faces": self._masker.finder.description,
            "reconstructor": self._masker.reconstructor.description,
            "landmarks": self._masker.landmark_detector.description,
            "renderer": self._masker.renderer.description,
        }

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 (32 bytes) of everything in the models that an output depends on."""
        parts = (self._masker.finder, self._masker.reconstructor, self._masker.landmark_detector)
        files = [part.fingerprint for part in parts]
        return fingerprint({"models": self.models, "files": files})

    @property
    def batch_size(self) -> int:
        """Images that go through the reconstructor at once."""
        return self._masker.reconstructor.batch_size

    def mask(self, image: PreparedImage) -> Outcome:
        """The outcome of one image, as `process`."""
        return next(self.process([image]))

    def mask_or_reconstruct(self, image: PreparedImage) -> Outcome:
        """As `mask`; where no mask can be made, what RingNet's demo writes of any photo is published without one.

        That takes a reconstructor that needs nobody's position. The outcome's status still says why there is no mask.
        """
        attempt = _Attempt(image, MaskDetails())
        photos = self._read_all([attempt])
        self._mask(photos)
        if attempt.status != Status.MASKED:
            attempt.withdraw(self._publisher.withdraw)
        if attempt.status in RECONSTRUCTED_WITHOUT_MASK and self._masker.reconstructor.finds_a_head_in_any_photo:
            self._reconstruct_alone(photos[0])
        return attempt.outcome

    def process(self, items: Sequence[PreparedImage]) -> Iterator[Outcome]:
        """Mask each of `items` and publish its outputs, or publish nothing, remove an earlier run's, and say why.

        Yields their outcomes in their order. Never raises for anything that is wrong with one image.
        """
        for start in range(0, len(items), self.batch_size):
            attempts = [_Attempt(image, MaskDetails()) for image in items[start : start + self.batch_size]]
            self._mask(self._read_all(attempts))
            for attempt in attempts:
                if attempt.status != Status.MASKED:
                    attempt.withdraw(self._publisher.withdraw)
                yield attempt.outcome

    def flush(self) -> None:
        """Make everything that has been published outlive a power cut; to be called after each handful of images."""
        self._publisher.flush()

    def _read_all(self, attempts: Sequence[_Attempt]) -> list[_Photo]:
        photos = []
        for attempt in attempts:
            with attempt.alone():
                photos.append(self._read(attempt))
        return photos

    def _mask(self, photos: Sequence[_Photo]) -> None:
        portraits = []
        for photo in photos:
            with photo.attempt.alone():
                portraits.append(self._find(photo))
        for portrait, reconstruction in zip(portraits, self._reconstruct(portraits), strict=True):
            with portrait.photo.attempt.alone():
                self._publish(portrait, reconstruction)

    def _read(self, attempt: _Attempt) -> _Photo:
        with attempt.step("read"):
            content, attempt.source = read_image_file(attempt.item.path, self._config.run.max_megapixels)
            pixels = decode_image(content, self._config.run.max_megapixels)
        return _Photo(attempt, pixels, attempt.source)

    def _find(self, photo: _Photo) -> _Portrait:
        attempt = photo.attempt
        with attempt.step("find"):
            found, selection = self._masker.find(photo.pixels)
        attempt.details = _details_of(found)
        if isinstance(selection, ItemError):
            raise selection
        return _Portrait(photo, found, selection)

    def _reconstruct(self, portraits: Sequence[_Portrait]) -> Sequence[Reconstruction | Exception]:
        """For each portrait its reconstruction, or why there is none."""
        started = time.perf_counter()
        photos = [portrait.photo.pixels for portrait in portraits]
        people = [portrait.selection.people for portrait in portraits]
        results: Sequence[Reconstruction | Exception]
        try:
            results = self._masker.reconstructor.reconstruct_batch(photos, people)
        except Exception as error:  # noqa: BLE001 - raised again for each image
            results = [error] * len(portraits)
        for portrait in portraits:
            portrait.photo.attempt.add_seconds("reconstruct", (time.perf_counter() - started) / len(portraits))
        return results

    def _publish(self, portrait: _Portrait, reconstruction: Reconstruction | Exception) -> None:
        if isinstance(reconstruction, Exception):
            raise reconstruction
        photo, attempt = portrait.photo, portrait.photo.attempt
        masked = self._masker.draw(photo.pixels, portrait.found, portrait.selection, reconstruction, attempt.step)
        attempt.details = replace(
            attempt.details,
            coverage=masked.coverage,
            candidates=masked.candidates,
            survivor_score=masked.survivor_score,
        )
        with attempt.step("encode"):
            contents = self._exporter.encode(masked, attempt.item)
        with attempt.step("verify"):
            overlay, mask_only = (_picture_in(contents[kind], photo.pixels) for kind in (OVERLAY, MASK_ONLY))
            check_pictures(
                photo.pixels, masked.render.image, masked.inside, overlay, mask_only, self._masker.background
            )
        check_unchanged(attempt.item.path, photo.state)
        with attempt.step("publish"):
            attempt.outputs = self._publisher.publish(attempt.item, contents)
        if self._config.output.report:
            shown = {"photo": photo.pixels, "overlay": overlay, "mask_only": mask_only}
            attempt.thumbnails = tuple(jpeg_thumbnail(shown[name]) for name in pictures_in_report(self._config.output))
        attempt.status = Status.MASKED
        attempt.details = replace(attempt.details, masked_faces=len(masked.landmarks), other_faces=masked.other_faces)
        if masked.other_faces:
            log.warning("%s: %d other face(s) can still be seen", attempt.item.path, masked.other_faces)

    def _reconstruct_alone(self, photo: _Photo) -> None:
        """Publish what needs no mask, and say so in the reason, or there why not."""
        attempt, masker = photo.attempt, self._masker
        height, width = photo.pixels.shape[:2]
        try:
            reconstruction = masker.reconstructor.reconstruct(photo.pixels, [])
            mesh = reconstruction.camera_vertices, reconstruction.faces
            render = masker.renderer.render(*mesh, reconstruction.camera, height, width)
            contents = self._exporter.encode_mesh(photo.pixels, reconstruction, render, attempt.item)
            check_unchanged(attempt.item.path, photo.state)
            attempt.outputs = self._publisher.publish(attempt.item, contents)
        except ItemError as error:
            attempt.reason = f"{attempt.reason}; and no mesh: {error}"
        else:
            attempt.reason = f"{attempt.reason}; what needs no mask was written all the same"


def _details_of(found: FoundFaces) -> MaskDetails:
    details = MaskDetails(candidates=len(found.people) + len(found.unproven))
    if found.people:
        best = found.people[0]
        return replace(details, score=best.face.score, detector_score=best.witness.score)
    if found.misses:
        closest = max(found.misses, key=lambda miss: miss.face_score)
        return replace(details, score=closest.face_score, detector_score=closest.detector_score)
    return details


def _picture_in(content: bytes, photo: Picture) -> Picture:
    picture = decode_plain_png(content, photo[:, :, 0].size)
    if picture is None:
        raise VerificationError("what was made for publishing is not a complete PNG of the photo's size")
    return picture
