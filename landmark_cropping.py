"""81 landmarks -> convex hull -> overlay and mask_only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.config import Config
from masking.core.config.options import LandmarkOptions
from masking.core.errors import LowConfidenceError, ModelFileError, NoFaceError, SeveralFacesError
from masking.faces.finder import Person
from masking.reconstruction.facemesh.landmarks_81 import Landmarks81
from masking.reconstruction.finding import find, survey, unpacked
from masking.reconstruction.wanted_files import PREDICTOR_FILE

LANDMARK_COUNT = 81
OTHER_FACE_THRESHOLD = -0.3
"""dlib's score from which a place may be another face. The face that is masked needs 0, as the original's."""


@dataclass(frozen=True)
class Mask:
    """inside (H, W) bool: the hull's pixels. overlay and mask_only (H, W, 3) uint8 RGB."""

    inside: npt.NDArray[np.bool_]
    overlay: npt.NDArray[np.uint8]
    mask_only: npt.NDArray[np.uint8]


class LandmarkDetector(Protocol):
    """Finds the 81 landmarks. `description` names it and its files for people, `fingerprint` holds the whole SHA-256 of
    each file.
    """

    description: str
    fingerprint: str

    def detect(self, image: npt.NDArray[np.uint8], people: Sequence[Person]) -> list[npt.NDArray[np.float64]]:
        """Landmarks (81, 2), pixels as (u, v), of each of `people` in `image` (H, W, 3) uint8 RGB.

        Raises NoFaceError where one of them isn't found, SeveralFacesError where there are more than SEVERAL_FACES
        allows.
        """
        ...


class DlibLandmarks:
    """dlib's HOG face detector, without upsampling, and an 81-point shape predictor."""

    def __init__(self, place: Path, several_faces: str = "refuse") -> None:
        """Load the predictor at `place`, the file itself or the folder that holds it. Raises ModelFileError."""
        import dlib

        otherwise = "or set [LANDMARKS] LANDMARK_DETECTOR = facemesh"
        try:
            file = find(PREDICTOR_FILE, place)
        except ModelFileError as error:
            raise type(error)(error.path, error.problem, f"{error.remedy}, {otherwise}") from error
        remedy = f"{PREDICTOR_FILE.download.remedy(file.path.parent)}, {otherwise}"
        try:
            with unpacked(file, PREDICTOR_FILE) as path:
                self._predictor: Any = dlib.shape_predictor(str(path))
            probe = self._predictor(np.zeros((64, 64, 3), dtype=np.uint8), dlib.rectangle(8, 8, 56, 56))
        except RuntimeError as error:
            raise ModelFileError(str(file), "is not a dlib shape predictor, or a damaged one", remedy) from error
        if probe.num_parts != LANDMARK_COUNT:
            problem = f"gives {probe.num_parts} landmarks, expected {LANDMARK_COUNT}"
            raise ModelFileError(str(file), problem, remedy)
        self._detector: Any = dlib.get_frontal_face_detector()
        self._several_faces = several_faces
        self.fingerprint = file.sha256(PREDICTOR_FILE.max_bytes)
        self.description = f"dlib ({file.name} sha256 {self.fingerprint[:8]})"

    def detect(self, image: npt.NDArray[np.uint8], people: Sequence[Person]) -> list[npt.NDArray[np.float64]]:
        """As LandmarkDetector."""
        found, scores, _ = self._detector.run(image, 0, OTHER_FACE_THRESHOLD)
        faces = [box for box, score in zip(found, scores, strict=True) if score >= 0]
        if not faces:
            raise NoFaceError("dlib's detector found no face")
        if len(found) > len(people) and self._several_faces != "largest":
            raise SeveralFacesError(
                f"dlib's detector found {len(found)} faces; a mask of {len(people)} would show the others"
            )
        boxes = [_box_of(person, faces) for person in people]
        return [
            np.array([(part.x, part.y) for part in self._predictor(image, box).parts()], dtype=np.float64)
            for box in boxes
        ]


class FaceMeshLandmarks:
    """81 points of the face mesh that was fitted to each person."""

    description = "81 points of the face mesh"
    fingerprint = ""

    def __init__(self) -> None:
        self._landmarks = Landmarks81()

    def detect(self, image: npt.NDArray[np.uint8], people: Sequence[Person]) -> list[npt.NDArray[np.float64]]:
        """As LandmarkDetector."""
        # Landmarks count from pixel centres, the mesh from the picture's corner.
        return [self._landmarks.landmarks(person.face.points - [0.5, 0.5, 0.0]) for person in people]


def _box_of(person: Person, boxes: list[Any]) -> Any:
    """The one of dlib's `boxes` in which the middle of the person's eyes, nose and mouth lies."""
    u, v = person.witness.keypoints[:4].mean(axis=0)
    for box in boxes:
        if box.left() <= u <= box.right() and box.top() <= v <= box.bottom():
            return box
    raise NoFaceError("dlib's detector found no face where the other models see one")


def open_landmark_detector(config: Config) -> LandmarkDetector:
    """The detector that the configuration asks for; `auto` takes dlib where the predictor's file is.

    Raises ModelFileError where its file is missing or unusable.
    """
    if choose_landmark_detector(config.landmarks)[0] == "dlib":
        return DlibLandmarks(config.landmarks.predictor_file, config.reconstruction.several_faces)
    return FaceMeshLandmarks()


def choose_landmark_detector(options: LandmarkOptions) -> tuple[str, str]:
    """Name of the landmark detector that a run takes, and why it takes that one."""
    if options.landmark_detector != "auto":
        return options.landmark_detector, f"LANDMARK_DETECTOR = {options.landmark_detector}"
    place = options.predictor_file
    if options.was_given("predictor_file"):
        return "dlib", f"LANDMARK_DETECTOR = auto, and PREDICTOR_FILE = {place} was given"
    if survey(place).fitting(PREDICTOR_FILE):
        return "dlib", f"LANDMARK_DETECTOR = auto, and {place.parent} holds the predictor"
    return "facemesh", f"LANDMARK_DETECTOR = auto, and {place.parent} holds no 81-point predictor"


def hull_pixels(landmarks: npt.NDArray[np.floating], height: int, width: int) -> npt.NDArray[np.bool_]:
    """The pixels (H, W) bool of the convex hull of `landmarks` (N, 2), pixels as (u, v).

    As the original: points rounded and clipped to the image, SciPy's convex hull, and the pixels of scikit-image's
    polygon. The original clipped u by the height; here each coordinate is clipped by its own side.
    Raises LowConfidenceError where the points are not finite or span no area.
    """
    from scipy.spatial import ConvexHull, QhullError

    if not np.isfinite(landmarks).all():
        raise LowConfidenceError("the landmarks are not finite")
    points = np.clip(np.rint(landmarks), 0, [width - 1, height - 1]).astype(np.int64)
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError as error:
        raise LowConfidenceError("the landmarks span no area") from error
    return _fill_convex(corners, height, width)


def _fill_convex(corners: npt.NDArray[np.int64], height: int, width: int) -> npt.NDArray[np.bool_]:
    """The pixels (H, W) bool in or on the convex polygon with `corners` (N, 2), whole pixels as (u, v), in order.

    The same pixels as skimage.draw.polygon's, which asks every pixel about every edge; here each row's first and last
    pixel come from the edges that cross it, in whole numbers, so nothing is rounded.
    """
    start, end = corners, np.roll(corners, -1, axis=0)
    start, end = np.where(start[:, 1:] <= end[:, 1:], (start, end), (end, start))
    rows = np.arange(height)[:, None]
    rise = np.maximum(end[:, 1] - start[:, 1], 1)
    run = (rows - start[:, 1]) * (end[:, 0] - start[:, 0])
    crossed = (start[:, 1] <= rows) & (rows <= end[:, 1]) & (end[:, 1] > start[:, 1])
    first = np.where(crossed, start[:, 0] - (-run // rise), width).min(axis=1)
    last = np.where(crossed, start[:, 0] + run // rise, -1).max(axis=1)
    columns = np.arange(width)
    return np.asarray((first[:, None] <= columns) & (columns <= last[:, None]))


def cut_mask(
    photo: npt.NDArray[np.uint8], rendered: npt.NDArray[np.uint8], inside: npt.NDArray[np.bool_], background: int = 255
) -> Mask:
    """Lay `rendered` over `photo`, both (H, W, 3) uint8, inside the hull (overlay), and over `background` (mask)."""
    chosen, plain = inside.view(np.uint8), np.full(photo.shape, background, dtype=np.uint8)
    overlay, mask_only = (cv2.copyTo(rendered, chosen, below.copy()) for below in (photo, plain))
    return Mask(inside, np.asarray(overlay, dtype=np.uint8), np.asarray(mask_only, dtype=np.uint8))
