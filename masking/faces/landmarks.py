"""The 81 landmarks of each person: by dlib, or by the face mesh that was fitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from masking.core.downloads import Download, FoundFile, Wanted, find, survey, unpacked
from masking.core.errors import ModelFileError, NoFaceError, SeveralFacesError
from masking.core.registry import Entry, ModelFile, Registry
from masking.faces.frontal_face_detector import open_frontal_face_detector
from masking.faces.landmarks_81 import Landmarks81

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.faces.finder import Person

LANDMARK_PREDICTOR = Download(
    "the 81-point predictor",
    "https://github.com/codeniko/shape_predictor_81_face_landmarks",
    "BSD-3-Clause; trained on iBUG's face images",
)
PREDICTOR_FILE = Wanted(
    "shape_predictor_81_face_landmarks.dat", LANDMARK_PREDICTOR, max_bytes=1 << 28, under_any_name=True
)
LANDMARK_COUNT = 81
OTHER_FACE_THRESHOLD = -0.3
"""dlib's score from which a region may be another face. The face that is masked needs 0, as the original's."""


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

    def __init__(self, path: Path, several_faces: str = "refuse") -> None:
        """Load the predictor at `path`, the file itself or the folder that holds it. Raises ModelFileError."""
        import dlib

        otherwise = "or set [LANDMARKS] LANDMARK_DETECTOR = facemesh"
        try:
            file = find(PREDICTOR_FILE, path)
        except ModelFileError as error:
            raise type(error)(error.path, error.problem, f"{error.remedy}, {otherwise}") from error
        remedy = f"{LANDMARK_PREDICTOR.remedy(file.path.parent)}, {otherwise}"
        try:
            with unpacked(file, PREDICTOR_FILE) as path:
                self._predictor: Any = dlib.shape_predictor(str(path))
            probe = self._predictor(np.zeros((64, 64, 3), dtype=np.uint8), dlib.rectangle(8, 8, 56, 56))
        except RuntimeError as error:
            raise ModelFileError(str(file), "is not a dlib shape predictor, or a damaged one", remedy) from error
        if probe.num_parts != LANDMARK_COUNT:
            problem = f"gives {probe.num_parts} landmarks, expected {LANDMARK_COUNT}"
            raise ModelFileError(str(file), problem, remedy)
        self._detector: Any = open_frontal_face_detector()
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


def _open_dlib(config: Config) -> LandmarkDetector:
    return DlibLandmarks(config.landmarks.predictor_file, config.reconstruction.several_faces)


def _open_facemesh(_: Config) -> LandmarkDetector:
    return FaceMeshLandmarks()


def _dlib_files(config: Config) -> Iterable[ModelFile]:
    path = config.landmarks.predictor_file
    yield ModelFile(PREDICTOR_FILE, path, "LANDMARK_DETECTOR = dlib", check=_check_predictor)


def _check_predictor(file: FoundFile) -> None:
    DlibLandmarks(file.path)


def _why_dlib(config: Config) -> str | None:
    """Where the user has said where the predictor is, that it is missing there is an error to be reported."""
    options, path = config.landmarks, config.landmarks.predictor_file
    if options.was_given("predictor_file"):
        return f"PREDICTOR_FILE = {path} was given"
    return f"{path.parent} holds the predictor" if survey(path).fitting(PREDICTOR_FILE) else None


def _why_facemesh(config: Config) -> str:
    return f"{config.landmarks.predictor_file.parent} holds no 81-point predictor"


LANDMARK_DETECTORS: Registry[LandmarkDetector] = Registry(
    "LANDMARK_DETECTOR",
    "batch_face_masking.landmark_detectors",
    [
        Entry("dlib", "dlib's 81-point predictor", _open_dlib, _dlib_files, None, _why_dlib),
        Entry("facemesh", "81 points of the face mesh", _open_facemesh, why_automatic=_why_facemesh),
    ],
)


def choose_landmark_detector(config: Config) -> tuple[str, str]:
    """Name of the landmark detector that a run takes, and why it takes that one."""
    entry, why = LANDMARK_DETECTORS.choose(config.landmarks.landmark_detector, config)
    return entry.name, why


def open_landmark_detector(config: Config) -> LandmarkDetector:
    """The detector that the configuration asks for; `auto` takes dlib where the predictor's file is.

    Raises ModelFileError where its file is missing or unusable.
    """
    return LANDMARK_DETECTORS.load(config.landmarks.landmark_detector, config)
