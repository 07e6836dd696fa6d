"""Would the mask stage trust this prepared image? The same finder, proof and search for other faces say so first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landmark_cropping import hull_pixels
from masking.core.config.options import PreparationOptions, ReconstructionOptions
from masking.core.errors import FitUnprovenError, LowConfidenceError, NoFaceError, SeveralFacesError
from masking.faces.finder import Bounds, FaceFinder
from masking.faces.landmarks import FaceMeshLandmarks
from masking.faces.proof import prove_fit
from masking.faces.selection import select, survivors
from masking.preparation.status import Verdict

ONE_FACE = "refuse"
MAX_EVIDENCE = ReconstructionOptions().max_survivor_evidence


class FitProof:
    """Proves prepared images as masking would, except for what is drawn."""

    def __init__(self, options: PreparationOptions) -> None:
        bounds = Bounds(options.min_confidence_face_mesh, options.min_confidence_face_detector)
        self._finder = FaceFinder(bounds)
        self._landmarks = FaceMeshLandmarks()

    def verdict(self, crop: npt.NDArray[np.uint8]) -> Verdict:
        """KEPT where the face of `crop` (H, W, 3) uint8 RGB is proven and the only one, else why not."""
        height, width = crop.shape[:2]
        try:
            found = self._finder.find(crop, ONE_FACE)
            people = select(found, ONE_FACE).people
            landmarks = self._landmarks.detect(crop, people)[0]
            # The mesh counts from the picture's corner, landmarks from pixel centres.
            prove_fit(people[0].witness, landmarks, people[0].face.keypoints - 0.5, height, width)
            inside = hull_pixels(landmarks, height, width)
            suspects = self._finder.suspects(crop, [inside], found.unproven, MAX_EVIDENCE)
            survivors(suspects, ONE_FACE, MAX_EVIDENCE, masked=1)
        except SeveralFacesError:
            return Verdict.OTHER_FACE
        except (NoFaceError, LowConfidenceError, FitUnprovenError):
            return Verdict.FIT_UNPROVEN
        return Verdict.KEPT
