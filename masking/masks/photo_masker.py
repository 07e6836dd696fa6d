"""One photo's way in memory: people -> reconstruction -> render -> cut -> proofs. No file is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landmark_cropping import cut_mask, hull_pixels
from masking.core.config import Config
from masking.core.errors import ItemError
from masking.faces.finder import Bounds, FaceFinder, FoundFaces
from masking.faces.landmarks import LandmarkDetector, open_landmark_detector
from masking.faces.proof import prove_fit
from masking.faces.selection import Selection, select, survivors
from masking.masks.cross_check import check_agreement
from masking.masks.verification import check_coverage
from masking.reconstruction.base import Reconstruction, Reconstructor, joined_mesh
from masking.reconstruction.registry import open_reconstructor, read_ahead
from masking.rendering.base import Render, Renderer
from masking.rendering.registry import open_renderer

Picture = npt.NDArray[np.uint8]
Timed = Callable[[str], AbstractContextManager[None]]
"""Times a step of this name."""

BACKGROUND_LEVELS = {"white": 255, "black": 0}


@dataclass(frozen=True)
class MaskedPhoto:
    """photo, overlay, mask_only (H, W, 3) uint8 RGB; inside (H, W) bool: the hulls' pixels.

    render: all faces as drawn. largest_render: the first one alone. coverage: the minimum share of a hull that the mesh
    reaches. score: the mesh network's for the first face. candidates: regions that were examined because they might
    be a face. survivor_score: how much the one that most looks like a face beside the masks looks like one, 0..1.
    other_faces: how many faces are left.
    """

    photo: Picture
    overlay: Picture
    mask_only: Picture
    inside: npt.NDArray[np.bool_]
    landmarks: Sequence[npt.NDArray[np.float64]]
    reconstruction: Reconstruction
    render: Render
    largest_render: Render
    coverage: float
    score: float
    candidates: int
    survivor_score: float
    other_faces: int


class PhotoMasker:
    """Loaded models and everything else that masking one photo after another needs.

    Raises ModelFileError or MissingPackageError where a model can't be loaded.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        options = config.reconstruction
        read_ahead(config)
        self.finder = FaceFinder(Bounds(options.min_score, options.min_detector_score), options.survivor_search)
        self.landmark_detector: LandmarkDetector = open_landmark_detector(config)
        self.renderer: Renderer = open_renderer(config)
        # Last: its files are being read meanwhile.
        self.reconstructor: Reconstructor = open_reconstructor(config)
        self.background = BACKGROUND_LEVELS[config.rendering.background]

    def find(self, photo: Picture) -> tuple[FoundFaces, Selection | ItemError]:
        """Who is in `photo` (H, W, 3) uint8 RGB, and who of them is to be masked, or why nobody is."""
        several_faces = self._config.reconstruction.several_faces
        found = self.finder.find(photo, several_faces)
        try:
            return found, select(found, several_faces)
        except ItemError as error:
            return found, error

    def mask(self, photo: Picture) -> MaskedPhoto:
        """Mask `photo` (H, W, 3) uint8 RGB. Raises ItemError where no mask can be proven."""
        found, selection = self.find(photo)
        if isinstance(selection, ItemError):
            raise selection
        return self.draw(photo, found, selection, self.reconstructor.reconstruct(photo, selection.people))

    def draw(
        self,
        photo: Picture,
        found: FoundFaces,
        selection: Selection,
        reconstruction: Reconstruction,
        timed: Timed = lambda _: nullcontext(),
    ) -> MaskedPhoto:
        """Draw and cut the mask of those who were selected, and prove it. Raises ItemError."""
        options, people = self._config.reconstruction, selection.people
        height, width = photo.shape[:2]
        with timed("render"):
            render = self._render(reconstruction.all_faces, height, width)
        with timed("landmarks"):
            landmarks = self.landmark_detector.detect(photo, people)
        with timed("cut"):
            hulls = [hull_pixels(points, height, width) for points in landmarks]
            coverage = self._min_coverage(render, hulls)
            inside = np.logical_or.reduce(hulls)
            mask = cut_mask(photo, render.image, inside, self.background)
        with timed("prove"):
            for person, points, face, hull in zip(people, landmarks, reconstruction.all_faces, hulls, strict=True):
                if self._config.landmarks.cross_check:
                    check_agreement(face, hull)
                prove_fit(person.witness, points, face.keypoints, height, width)
        with timed("search"):
            suspects = self.finder.suspects(mask.overlay, hulls, found.unproven, options.max_survivor_evidence)
            left = survivors(suspects, options.several_faces, options.max_survivor_evidence, len(people))
        return MaskedPhoto(
            photo=photo,
            overlay=mask.overlay,
            mask_only=mask.mask_only,
            inside=inside,
            landmarks=landmarks,
            reconstruction=reconstruction,
            render=render,
            largest_render=self._render([reconstruction], height, width) if reconstruction.others else render,
            coverage=coverage,
            score=people[0].face.score,
            candidates=len(people) + max(len(suspects), len(selection.left)),
            survivor_score=max((suspect.scores.probability for suspect in suspects), default=0.0),
            other_faces=max(len(left), len(selection.left)),
        )

    def _render(self, faces: Sequence[Reconstruction], height: int, width: int) -> Render:
        vertices, triangles = joined_mesh(faces)
        return self.renderer.render(vertices, triangles, faces[0].camera, height, width)

    def _min_coverage(self, render: Render, hulls: list[npt.NDArray[np.bool_]]) -> float:
        """Each hull must be covered by itself: a large face must not make up for a small one."""
        foreground, min_coverage = render.foreground, self._config.rendering.min_coverage
        return min(check_coverage(render.image, foreground, hull, min_coverage) for hull in hulls)
