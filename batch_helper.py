"""One prepared image's way: read -> reconstruct -> render -> crop -> verify -> publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from landmark_cropping import LandmarkDetector, cut_mask, hull_pixels, open_landmark_detector
from masking.config import Config
from masking.cross_check import check_agreement
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.images import check_unchanged, decode_image, read_image_file
from masking.dataset.outputs import MASK_ONLY, OVERLAY
from masking.errors import NotMaskedError, PublishError, Status
from masking.exporting import Exporter
from masking.fingerprint import fingerprint
from masking.outcome import FileState, Outcome
from masking.reconstruction import Reconstruction, Reconstructor, joined_mesh, open_reconstructor
from masking.rendering import Render, Renderer, open_renderer
from masking.verification import check_coverage, check_pictures

BACKGROUND_LEVELS = {"white": 255, "black": 0}
log = logging.getLogger(__name__)


@dataclass
class _Work:
    """One image on its way, and what is known of it so far."""

    image: PreparedImage
    status: Status = Status.MASKED
    reason: str = ""
    photo: npt.NDArray[np.uint8] | None = None
    reconstruction: Reconstruction | None = None
    score: float | None = None
    coverage: float | None = None
    masked_faces: int = 0
    other_faces: int = 0
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
            self.status, self.reason = error.status, str(error)
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
            coverage=self.coverage,
            step_seconds=self.step_seconds,
            source=self.source,
            outputs=self.outputs,
            masked_faces=self.masked_faces,
            other_faces=self.other_faces,
        )


class ImageMasker:
    """Loaded models and everything else that masking one image after another needs.

    Raises ModelFileError or MissingPackageError where a model can't be loaded.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._reconstructor: Reconstructor = open_reconstructor(config.reconstruction)
        self._landmark_detector: LandmarkDetector = open_landmark_detector(config, self._reconstructor)
        self._renderer: Renderer = open_renderer(config.rendering)
        self._publisher = OutputPublisher(config.folders.output_folder)
        self._background = BACKGROUND_LEVELS[config.rendering.background]
        self._exporter = Exporter(config.output, self._reconstructor, self._renderer)

    @property
    def models(self) -> dict[str, str]:
        """What does each part of the work, with file names and fingerprints, for people."""
        return {
            "reconstructor": self._reconstructor.description,
            "landmarks": self._landmark_detector.description,
            "renderer": self._renderer.description,
        }

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 (32 bytes) of everything in the models that an output depends on."""
        files = [self._reconstructor.fingerprint, self._landmark_detector.fingerprint]
        return fingerprint({"models": self.models, "files": files})

    @property
    def batch_size(self) -> int:
        """Images that go through the reconstructor at once."""
        return self._reconstructor.batch_size

    def mask(self, image: PreparedImage) -> Outcome:
        """The outcome of one image, as `mask_all`."""
        return next(self.mask_all([image]))

    def mask_all(self, images: Sequence[PreparedImage]) -> Iterator[Outcome]:
        """Mask each of `images` and publish its outputs, or publish nothing, remove an earlier run's, and say why.

        Yields their outcomes in their order. Never raises for anything that is wrong with one image.
        """
        for start in range(0, len(images), self.batch_size):
            batch = [_Work(image) for image in images[start : start + self.batch_size]]
            for work in batch:
                self._try(work, self._read)
            self._reconstruct([work for work in batch if work.photo is not None])
            for work in batch:
                if work.status is Status.MASKED:
                    self._try(work, self._publish_mask)
                if work.status is not Status.MASKED:
                    self._withdraw(work)
                yield work.outcome

    def flush(self) -> None:
        """Make everything that has been published outlive a power cut; to be called after each handful of images."""
        self._publisher.flush()

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

    def _reconstruct(self, batch: list[_Work]) -> None:
        started = time.perf_counter()
        results: Sequence[Reconstruction | Exception]
        try:
            results = self._reconstructor.reconstruct_batch([work.photo for work in batch if work.photo is not None])
        except Exception as error:  # noqa: BLE001 - as in _try
            results = [error] * len(batch)
        for work, result in zip(batch, results, strict=True):
            work.step_seconds["reconstruct"] = (time.perf_counter() - started) / len(batch)
            if isinstance(result, Exception):
                work.stop(result)
            else:
                work.reconstruction, work.score = result, result.score

    def _publish_mask(self, work: _Work) -> None:
        photo, reconstruction = work.photo, work.reconstruction
        if photo is None or reconstruction is None:
            raise TypeError("the image has been neither reconstructed nor given up")
        height, width = photo.shape[:2]
        with work.step("render"):
            render = self._render(reconstruction.all_faces, height, width)
        with work.step("landmarks"):
            landmarks = self._landmark_detector.detect(photo, reconstruction)
        with work.step("cut"):
            hulls = [hull_pixels(points, height, width) for points in landmarks]
            work.coverage = self._least_coverage(render, hulls)
            if self._config.landmarks.cross_check:
                for face, hull in zip(reconstruction.all_faces, hulls, strict=True):
                    check_agreement(face, hull)
            inside = np.logical_or.reduce(hulls)
            mask = cut_mask(photo, render.image, inside, self._background)
        with work.step("encode"):
            largest = self._render([reconstruction], height, width) if reconstruction.others else render
            contents = self._exporter.encode(
                photo, mask.overlay, mask.mask_only, reconstruction, largest, work.image.stem
            )
        with work.step("verify"):
            overlay, mask_only = _decode_png(contents[OVERLAY]), _decode_png(contents[MASK_ONLY])
            check_pictures(photo, render.image, inside, overlay, mask_only, self._background)
        if work.source is not None:
            check_unchanged(work.image.path, work.source)
        with work.step("publish"):
            work.outputs = self._publisher.publish(work.image, contents)
        work.masked_faces, work.other_faces = len(hulls), reconstruction.unmasked_faces
        if work.other_faces:
            log.warning("%s: %d other face(s) can still be seen", work.image.path, work.other_faces)

    def _render(self, faces: Sequence[Reconstruction], height: int, width: int) -> Render:
        vertices, triangles = joined_mesh(faces)
        return self._renderer.render(vertices, triangles, faces[0].camera, height, width)

    def _least_coverage(self, render: Render, hulls: list[npt.NDArray[np.bool_]]) -> float:
        """Each hull must be covered by itself: a large face must not make up for a small one."""
        foreground, min_coverage = render.foreground, self._config.rendering.min_coverage
        return min(check_coverage(render.image, foreground, hull, min_coverage) for hull in hulls)


def _decode_png(content: bytes) -> npt.NDArray[np.uint8]:
    decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(decoded, dtype=np.uint8)
