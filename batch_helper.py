"""One prepared image's way: read -> find -> reconstruct -> draw and prove -> encode -> verify -> publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.config import Config
from masking.core.errors import NotMaskedError, PublishError, Status
from masking.core.fingerprints import fingerprint
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.images import check_unchanged, decode_image, read_image_file
from masking.dataset.outputs import MASK_ONLY, OVERLAY
from masking.faces.finder import FoundFaces
from masking.faces.selection import Selection
from masking.masks.exporter import Exporter
from masking.masks.photo_masker import MaskedPhoto, PhotoMasker
from masking.masks.verification import check_pictures
from masking.pipeline.outcome import FileState, Outcome
from masking.reconstruction import Reconstruction

log = logging.getLogger(__name__)

RECONSTRUCTED_WITHOUT_MASK = frozenset(
    {Status.NO_FACE, Status.SEVERAL_FACES, Status.LOW_CONFIDENCE, Status.FIT_UNPROVEN, Status.MESH_MISSES_HULL}
)
"""What a photo may be found to be, and still have RingNet's head of it written."""


@dataclass
class _Work:
    """One image on its way, and what is known of it so far."""

    image: PreparedImage
    status: Status = Status.MASKED
    reason: str = ""
    missed: str = ""
    photo: npt.NDArray[np.uint8] | None = None
    found: FoundFaces | None = None
    selection: Selection | None = None
    reconstruction: Reconstruction | None = None
    score: float | None = None
    detector_score: float | None = None
    candidates: int = 0
    masked: MaskedPhoto | None = None
    source: FileState | None = None
    outputs: Mapping[str, FileState] = field(default_factory=dict)
    step_seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.step_seconds[name] = time.perf_counter() - started

    def stop(self, error: Exception) -> None:
        if isinstance(error, NotMaskedError):
            self.status, self.reason, self.missed = error.status, str(error), error.missed
        else:
            log.error("%s failed", self.image.path, exc_info=error)
            self.status, self.reason = Status.FAILED, f"{type(error).__name__}: {error}"

    @property
    def outcome(self) -> Outcome:
        return Outcome(
            identity=self.image.identity,
            video=self.image.video,
            image=self.image.path.name,
            status=self.status,
            reason=self.reason,
            seconds=sum(self.step_seconds.values()),
            score=self.score,
            coverage=self.masked.coverage if self.masked else None,
            step_seconds=self.step_seconds,
            source=self.source,
            outputs=self.outputs,
            masked_faces=len(self.masked.landmarks) if self.masked and self.status is Status.MASKED else 0,
            other_faces=self.masked.other_faces if self.masked and self.status is Status.MASKED else 0,
            detector_score=self.detector_score,
            candidates=self.masked.candidates if self.masked else self.candidates,
            missed=self.missed,
        )


class ImageMasker:
    """Loaded models and everything else that masking one image after another needs.

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
        """The outcome of one image, as `mask_all`."""
        return next(self.mask_all([image]))

    def mask_all(self, images: Sequence[PreparedImage]) -> Iterator[Outcome]:
        """Mask each of `images` and publish its outputs, or publish nothing, remove an earlier run's, and say why.

        Yields their outcomes in their order. Never raises for anything that is wrong with one image.
        """
        for start in range(0, len(images), self.batch_size):
            batch = [_Work(image) for image in images[start : start + self.batch_size]]
            for work in self._mask_batch(batch):
                yield work.outcome

    def mask_or_reconstruct(self, image: PreparedImage) -> Outcome:
        """As `mask`; where no mask can be made, what RingNet's demo writes of any photo is published without one.

        That takes a reconstructor that asks for nobody's place. The outcome's status still says why there is no mask.
        """
        work = next(self._mask_batch([_Work(image)]))
        if work.status in RECONSTRUCTED_WITHOUT_MASK and self._masker.reconstructor.finds_a_head_in_any_photo:
            try:
                self._publish_reconstruction(work)
            except NotMaskedError as error:
                work.reason = f"{work.reason}; and no mesh: {error}"
        return work.outcome

    def flush(self) -> None:
        """Make everything that has been published outlive a power cut; to be called after each handful of images."""
        self._publisher.flush()

    def _mask_batch(self, batch: list[_Work]) -> Iterator[_Work]:
        for work in batch:
            self._try(work, self._read)
            if work.photo is not None:
                self._try(work, self._find)
        self._reconstruct([work for work in batch if work.selection is not None])
        for work in batch:
            if work.status is Status.MASKED:
                self._try(work, self._publish_mask)
            if work.status is not Status.MASKED:
                self._withdraw(work)
            yield work

    def _try(self, work: _Work, act: Callable[[_Work], None]) -> None:
        try:
            act(work)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one image costs one image
            work.stop(error)

    def _withdraw(self, work: _Work) -> None:
        work.outputs = {}
        try:
            self._publisher.withdraw(work.image)
        except PublishError as error:
            if str(error) != work.reason:
                work.status, work.reason = Status.FAILED, f"{work.reason}; and {error}"

    def _read(self, work: _Work) -> None:
        with work.step("read"):
            content, work.source = read_image_file(work.image.path, self._config.run.max_megapixels)
            work.photo = decode_image(content, self._config.run.max_megapixels)

    def _find(self, work: _Work) -> None:
        if work.photo is None:
            raise TypeError("the image has not been read")
        with work.step("find"):
            work.found, selection = self._masker.find(work.photo)
        work.candidates = len(work.found.people) + len(work.found.unproven)
        if work.found.people:
            best = work.found.people[0]
            work.score, work.detector_score = best.face.score, best.witness.score
        elif work.found.misses:
            best_miss = max(work.found.misses, key=lambda miss: miss.face_score)
            work.score, work.detector_score = best_miss.face_score, best_miss.detector_score
        if isinstance(selection, NotMaskedError):
            raise selection
        work.selection = selection

    def _reconstruct(self, batch: list[_Work]) -> None:
        started = time.perf_counter()
        photos = [work.photo for work in batch if work.photo is not None]
        people = [work.selection.people for work in batch if work.selection is not None]
        results: Sequence[Reconstruction | Exception]
        try:
            results = self._masker.reconstructor.reconstruct_batch(photos, people)
        except Exception as error:  # noqa: BLE001 - as in _try
            results = [error] * len(batch)
        for work, result in zip(batch, results, strict=True):
            work.step_seconds["reconstruct"] = (time.perf_counter() - started) / len(batch)
            if isinstance(result, Exception):
                work.stop(result)
            else:
                work.reconstruction = result

    def _publish_mask(self, work: _Work) -> None:
        photo, found, selection, reconstruction = work.photo, work.found, work.selection, work.reconstruction
        if photo is None or found is None or selection is None or reconstruction is None:
            raise TypeError("the image has been neither reconstructed nor given up")
        masked = work.masked = self._masker.draw(photo, found, selection, reconstruction, work.step)
        with work.step("encode"):
            contents = self._exporter.encode(masked, work.image)
        with work.step("verify"):
            overlay, mask_only = _decode_png(contents[OVERLAY]), _decode_png(contents[MASK_ONLY])
            check_pictures(photo, masked.render.image, masked.inside, overlay, mask_only, self._masker.background)
        if work.source is not None:
            check_unchanged(work.image.path, work.source)
        with work.step("publish"):
            work.outputs = self._publisher.publish(work.image, contents)
        if masked.other_faces:
            log.warning("%s: %d other face(s) can still be seen", work.image.path, masked.other_faces)

    def _publish_reconstruction(self, work: _Work) -> None:
        """Raises NotMaskedError where there is none, or it can't be published."""
        photo, masker = work.photo, self._masker
        if photo is None:
            raise TypeError("the image has not been read")
        reconstruction = work.reconstruction or masker.reconstructor.reconstruct(photo, [])
        height, width = photo.shape[:2]
        mesh = reconstruction.camera_vertices, reconstruction.faces
        render = masker.renderer.render(*mesh, reconstruction.camera, height, width)
        contents = self._exporter.encode_mesh(photo, reconstruction, render, work.image)
        if work.source is not None:
            check_unchanged(work.image.path, work.source)
        work.outputs = self._publisher.publish(work.image, contents)
        work.reason = f"{work.reason}; written all the same: what needs no mask"


def _decode_png(content: bytes) -> npt.NDArray[np.uint8]:
    decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(decoded, dtype=np.uint8)
