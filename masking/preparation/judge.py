"""What the models see in a frame, and whether it is fit to be prepared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.config.options import PreparationOptions
from masking.faces.detector import UPRIGHT, Detection, FaceDetector
from masking.faces.finder import MAX_DISAGREEMENT
from masking.faces.head_pose import HeadPose, head_pose
from masking.faces.keypoints import disagreement
from masking.faces.looks import CLOSE_MARGIN, Looks
from masking.faces.mesh_network import FittedFace, MeshNetwork
from masking.faces.networks import file_names, fingerprint_of
from masking.faces.pyramid import Pyramid
from masking.faces.selection import NOT_A_FACE
from masking.preparation.status import Verdict

Picture = npt.NDArray[np.uint8]

SMALL_SIDE = 384
"""Pixels of the longer side that a frame is reduced to before it is searched: the detectors look at less."""
SEEN_SCORE = 0.05
"""What the detectors are asked for."""
SURE_SCORE = 0.75
"""The short-range detector's score below which the full-range one, which sees smaller faces, is asked too."""
SMALL_FACE = 1 / 6
"""Of faces that are smaller than this share of the frame's longer side the detectors see eyes and mouth inexactly: a
closer look recognises them."""
WINDOW_MARGIN = 2.5
"""Side of the part of the frame that the mesh network is shown, over the detection's."""
SHARPNESS_SIDE = 112


@dataclass(frozen=True)
class Face:
    """The best face of a frame. box (4,): left, top, right, bottom of the mesh, pixels. mesh_score: 0..1. apart: how
    far detector and mesh disagree, as masking.faces.keypoints has it. sharpness: variance of the Laplacian of the grey
    face at SHARPNESS_SIDE, grey levels squared.
    """

    box: npt.NDArray[np.float64]
    mesh_score: float
    apart: float
    pose: HeadPose
    sharpness: float

    @property
    def size(self) -> float:
        """The box's longer side, pixels."""
        return float((self.box[2:] - self.box[:2]).max())


@dataclass(frozen=True)
class Sight:
    """What was seen in a frame. confidence: the detector's score of the best face, 0 where there is none.
    other_confidence: that of anything else. face: None where nothing was examined closely.
    """

    confidence: float
    other_confidence: float
    face: Face | None


NOTHING = Sight(0.0, 0.0, None)


class Judge:
    """The detectors and the mesh network, used no more than a frame needs."""

    def __init__(self) -> None:
        self._looks = Looks()
        self._mesh = MeshNetwork()
        files = [each.network.file for each in (self._looks.short, self._looks.full, self._mesh)]
        self.description = f"MediaPipe's detectors and face mesh ({file_names(files)})"
        self.fingerprint = fingerprint_of(files)

    def see(self, frame: Picture) -> Sight:
        """What is in `frame` (H, W, 3) uint8 BGR."""
        candidates = self._candidates(frame)
        if not candidates:
            return NOTHING
        best, *others = candidates
        other = max((seen.score for seen in others if not _is_part_of(seen, best)), default=0.0)
        window, corner = _window(frame, best)
        detection = _moved(best, -corner)
        if best.score < SURE_SCORE or best.size < SMALL_FACE * max(frame.shape[:2]):
            closer = self._looks.close(window, detection.region(CLOSE_MARGIN), UPRIGHT)
            if closer is not None and closer.score >= min(best.score, SURE_SCORE):
                detection = closer
        fitted = self._mesh.passes(window, detection)
        return Sight(detection.score, other, _face(window, corner, fitted, detection))

    def _candidates(self, frame: Picture) -> list[Detection]:
        """Candidates for faces, best first."""
        small, scale = _reduced(frame)
        found = list(_scaled(self._looks.short, small, scale))
        if not found or found[0].score < SURE_SCORE:
            found += _scaled(self._looks.full, small, scale)
        return sorted(found, key=lambda seen: -seen.score)


def verdict(sight: Sight, options: PreparationOptions) -> Verdict:
    """What `options` make of a frame: KEPT, or the first of their bounds that it misses."""
    return next(_refusals(sight, options), Verdict.KEPT)


def _refusals(sight: Sight, options: PreparationOptions) -> Iterator[Verdict]:
    face = sight.face
    if face is None or face.mesh_score < NOT_A_FACE:
        yield Verdict.NO_FACE
        return
    missed = {
        Verdict.LOW_CONFIDENCE: sight.confidence < options.min_confidence_face_detector,
        Verdict.OTHER_FACE: sight.other_confidence >= options.max_confidence_other_face,
        Verdict.MESH_UNPROVEN: face.mesh_score < options.min_confidence_face_mesh or face.apart > MAX_DISAGREEMENT,
        Verdict.YAW: abs(face.pose.yaw) >= options.max_yaw,
        Verdict.PITCH: abs(face.pose.pitch) >= options.max_pitch,
        Verdict.ROLL: abs(face.pose.roll) > options.max_roll,
        Verdict.SMALL: face.size < options.min_face_size,
        Verdict.BLURRED: face.sharpness < options.min_sharpness,
    }
    yield from (why for why, is_missed in missed.items() if is_missed)


def _reduced(frame: Picture) -> tuple[Picture, float]:
    """`frame` as RGB, its longer side at most SMALL_SIDE, and by how much it has been reduced."""
    height, width = frame.shape[:2]
    # By a whole number: OpenCV averages whole squares three times as fast.
    factor = -(-max(height, width) // SMALL_SIDE)
    if factor > 1:
        rows, columns = max(1, height // factor), max(1, width // factor)
        whole = frame[: rows * factor, : columns * factor]
        frame = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8), 1 / factor


def _scaled(detector: FaceDetector, small: Picture, scale: float) -> Iterator[Detection]:
    for seen in detector.detect(small, SEEN_SCORE):
        yield replace(seen, box=seen.box / scale, keypoints=seen.keypoints / scale)


def _is_part_of(seen: Detection, best: Detection) -> bool:
    """Whether it is the same face once more, or a part of it."""
    return bool(((seen.center >= best.box[:2]) & (seen.center <= best.box[2:])).all())


def _window(frame: Picture, detection: Detection) -> tuple[Pyramid, npt.NDArray[np.float64]]:
    """The part of `frame` around the detection as RGB, and its top left corner (2,) in the frame."""
    height, width = frame.shape[:2]
    half = detection.size * WINDOW_MARGIN / 2
    low = np.clip(np.floor(detection.center - half), 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(detection.center + half), low + 1, [width, height]).astype(int)
    part = frame[low[1] : high[1], low[0] : high[0]]
    return Pyramid(np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB), np.uint8)), low.astype(np.float64)


def _moved(detection: Detection, by: npt.NDArray[np.float64]) -> Detection:
    return replace(detection, box=detection.box + np.tile(by, 2), keypoints=detection.keypoints + by)


def _face(
    window: Pyramid,
    corner: npt.NDArray[np.float64],
    fitted: Sequence[FittedFace],
    detection: Detection,
) -> Face:
    last = fitted[-1]
    return Face(
        box=last.box + np.tile(corner, 2),
        mesh_score=last.score,
        apart=disagreement(last.keypoints, detection.keypoints[:4]),
        pose=head_pose([face.points for face in fitted]),
        sharpness=_sharpness(window.picture, last.box),
    )


def _sharpness(window: Picture, box: npt.NDArray[np.float64]) -> float:
    height, width = window.shape[:2]
    left, top = np.clip(np.floor(box[:2]), 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(np.ceil(box[2:]), [left + 1, top + 1], [width, height]).astype(int)
    grey = cv2.cvtColor(window[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
    shrinks = max(grey.shape) > SHARPNESS_SIDE
    small = cv2.resize(
        grey, (SHARPNESS_SIDE, SHARPNESS_SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return float(cv2.Laplacian(small, cv2.CV_32F).var())
