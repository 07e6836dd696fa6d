"""One prepared image's way: read -> reconstruct -> render -> crop -> verify -> publish."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from landmark_cropping import LandmarkDetector, cut_mask, hull_pixels, open_landmark_detector
from masking.config import Config
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.images import decode_image, read_image_file
from masking.dataset.outputs import MASK_ONLY, OVERLAY, OutputKind
from masking.errors import NotMaskedError, PublishError, Status
from masking.exporting import Exporter
from masking.fingerprint import fingerprint
from masking.outcome import FileState, Outcome
from masking.reconstruction import Reconstructor, open_reconstructor
from masking.rendering import Renderer, open_renderer
from masking.verification import check_coverage, check_pictures

BACKGROUND_LEVELS = {"white": 255, "black": 0}
log = logging.getLogger(__name__)


@dataclass
class _Progress:
    """What is known of an image so far, for its outcome."""

    step_seconds: dict[str, float] = field(default_factory=dict)
    score: float | None = None
    coverage: float | None = None
    source: FileState | None = None
    outputs: dict[str, FileState] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.step_seconds[name] = time.perf_counter() - started


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

    def mask(self, image: PreparedImage) -> Outcome:
        """Mask `image` and publish its outputs, or publish nothing, remove what an earlier run left, and say why.

        Never raises for anything that is wrong with one image.
        """
        started = time.perf_counter()
        progress = _Progress()
        status, reason = Status.MASKED, ""
        try:
            contents = self._make_outputs(image, progress)
            with progress.step("publish"):
                progress.outputs = self._publisher.publish(image, contents)
        except NotMaskedError as error:
            status, reason = error.status, str(error)
        except Exception as error:
            log.exception("%s failed", image.path)
            status, reason = Status.FAILED, f"{type(error).__name__}: {error}"
        if status is not Status.MASKED:
            status, reason = self._withdraw(image, status, reason)
        return Outcome(
            identity=image.identity,
            video=image.video,
            image=image.path.name,
            status=status,
            reason=reason,
            seconds=time.perf_counter() - started,
            score=progress.score,
            coverage=progress.coverage,
            step_seconds=progress.step_seconds,
            source=progress.source,
            outputs=progress.outputs,
        )

    def flush(self) -> None:
        """Make everything that has been published outlive a power cut; to be called after each handful of images."""
        self._publisher.flush()

    def _withdraw(self, image: PreparedImage, status: Status, reason: str) -> tuple[Status, str]:
        try:
            self._publisher.withdraw(image)
        except PublishError as error:
            return Status.FAILED, reason if str(error) == reason else f"{reason}; and {error}"
        return status, reason

    def _make_outputs(self, image: PreparedImage, progress: _Progress) -> dict[OutputKind, bytes]:
        with progress.step("read"):
            content, progress.source = read_image_file(image.path, self._config.run.max_megapixels)
            photo = decode_image(content, self._config.run.max_megapixels)
        height, width = photo.shape[:2]
        with progress.step("reconstruct"):
            reconstruction = self._reconstructor.reconstruct(photo)
            progress.score = reconstruction.score
        with progress.step("render"):
            render = self._renderer.render(
                reconstruction.camera_vertices, reconstruction.faces, reconstruction.camera, height, width
            )
        with progress.step("landmarks"):
            landmarks = self._landmark_detector.detect(photo, reconstruction)
        with progress.step("cut"):
            inside = hull_pixels(landmarks, height, width)
            progress.coverage = check_coverage(
                render.image, render.foreground, inside, self._config.rendering.min_coverage
            )
            mask = cut_mask(photo, render.image, inside, self._background)
        with progress.step("encode"):
            contents = self._exporter.encode(photo, mask.overlay, mask.mask_only, reconstruction, render, image.stem)
        with progress.step("verify"):
            overlay, mask_only = _decode_png(contents[OVERLAY]), _decode_png(contents[MASK_ONLY])
            check_pictures(photo, render.image, inside, overlay, mask_only, self._background)
        return contents


def _decode_png(content: bytes) -> npt.NDArray[np.uint8]:
    decoded = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(decoded, dtype=np.uint8)
