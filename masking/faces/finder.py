"""Who is in a photo: people, proven by models that agree on where their eyes, nose and mouth are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.bounds import missed_bound
from masking.faces.center_face import CENTERFACE, Hints
from masking.faces.chessboard import covered
from masking.faces.detector import QUARTER_TURNS, UPRIGHT, Detection
from masking.faces.evidence import Scores
from masking.faces.keypoints import disagreement
from masking.faces.looks import CLOSE_MARGIN, WHOLE_SIZE, Candidate, Looks, merged
from masking.faces.mesh_network import FittedFace, MeshNetwork
from masking.faces.mtcnn import OutputNetwork
from masking.faces.networks import file_names, fingerprint_of
from masking.faces.pyramid import Pyramid

Picture = npt.NDArray[np.uint8]

CANDIDATE_SCORE = 0.3
"""The short-range detector's score from which a region may be a face."""
SMALL_CANDIDATE_SCORE = 0.15
"""The same of the full-range detector, which scores large faces low."""
HINT_SCORE = 0.04
"""CenterFace's score from which the quarter of a masked picture in which it has seen something is looked at closer."""
BESIDE_MASK, BESIDE_MASK_HINT_SCORE = 0.2, 0.08
"""Nearer to a mask than this share of the side of a square of its area, a hint must score as high: hair, ears and neck
are there. In 1,243 made pictures no other face is missed for it, and a third fewer quarters are looked at.
"""
QUARTER_SCORE, CROWD_SCORE = 0.4, 0.08
"""From which score of the short-range detector there, or of CenterFace, a region may be a face."""
SURE_SCORE, SURE_DISAGREEMENT = 0.85, 0.25
"""A detection that scores so high, with a mesh that agrees so well with it, needs no closer look. Detections of faces
the wrong way up score up to 0.88, and the meshes fitted to them then disagree by 0.4 and more."""
MAX_DISAGREEMENT = 0.33
"""How far mesh and witness may lie apart, as shares of the distance between the eyes."""
BESIDE_BORDER, MAX_DISAGREEMENT_AT_BORDER = 0.15, 0.15
"""A face that lies nearer to the border than this share of its size may be cut off, and what is left of it have been
taken for all of it by mesh and witness alike. How far the mesh may move, in shares of the distance between the eyes,
when the picture goes on mirrored there instead of black.
"""
SURROUNDINGS_MARGIN = 3.0
"""Side of the look that judges a region, over the face's own: half a face is recognised better with more around it."""
TURNED_GAIN = 0.5
"""By how much, in log-odds, a face may score higher in another quarter turn than as it stands. Without a limit no other
is found in 1,210 made pictures.
"""
SEARCHES = {"quick": (UPRIGHT, TURNED_GAIN), "thorough": (QUARTER_TURNS, math.inf)}
"""For each SURVIVOR_SEARCH, the quarter turns in which a masked picture is searched, and the gain that is hoped for."""
SAME_FACE_DISAGREEMENT = 1.0
"""Fits that lie nearer to one another are one face found twice."""


@dataclass(frozen=True)
class Bounds:
    """What proves a person. mesh: the mesh network's minimum score; detector: the witness's."""

    mesh: float = 0.9
    detector: float = 0.75


@dataclass(frozen=True)
class Person:
    """A face whose mesh and a detector's keypoints agree. witness: that detector's, of which the mesh knows nothing."""

    face: FittedFace
    witness: Detection


@dataclass(frozen=True)
class Miss:
    """Why a region isn't proven to be a face: the option or constant whose bound it missed, and by what."""

    bound: str
    value: float
    limit: float
    face_score: float
    detector_score: float

    def __str__(self) -> str:
        word = "allowed" if self.bound.startswith("MAX") else "needed"
        return missed_bound(self.bound, self.value, self.limit, word)


@dataclass(frozen=True)
class FoundFaces:
    """people: proven, the largest first. unproven: other regions, unless a proven face covers them. misses: why
    those of them that were put to the proof failed it.
    """

    people: tuple[Person, ...]
    unproven: tuple[Candidate, ...]
    misses: tuple[Miss, ...]


@dataclass(frozen=True)
class Suspect:
    """A region of a finished overlay that may be a face, and what the models say of it."""

    candidate: Candidate
    scores: Scores


class FaceFinder:
    """Finds people in photos of any size, and faces that a finished overlay still shows."""

    def __init__(self, bounds: Bounds | None = None, search: str = "quick") -> None:
        """search: SURVIVOR_SEARCH."""
        self._search_turns, self._turned_gain = SEARCHES[search]
        self._looks = Looks()
        self._mesh = MeshNetwork()
        self._mtcnn = OutputNetwork()
        self._bounds = bounds or Bounds()
        networks = (self._looks.short, self._looks.full, self._mesh, self._mtcnn)
        files = [*(each.network.file for each in networks), CENTERFACE]
        self.description = f"MediaPipe's detectors and face mesh, MTCNN, and CenterFace ({file_names(files)})"
        self.fingerprint = fingerprint_of(files)

    def find(self, photo: Picture, several_faces: str = "refuse") -> FoundFaces:
        """The people in `photo` (H, W, 3) uint8 RGB, as far as SEVERAL_FACES asks for them.

        refuse: the first who is proven; the other candidates stay unproven, as they matter only where a mask leaves
        them to be seen. largest: nobody larger is overlooked. all: everybody. Quarter turns are looked at unless a
        face stands upright for sure; small faces are looked for where no large one is proven, or where all are wanted.
        """
        picture = Pyramid(photo)
        upright = self._looks.upright(picture, CANDIDATE_SCORE)
        if several_faces == "refuse" and upright and upright[0].short >= SURE_SCORE:
            face = self._mesh.fit(picture, upright[0].detection)
            if self._is_sure(face, upright[0].detection):
                unproven = [each for each in upright[1:] if not _covers(face, each.detection)]
                proof = self._person(picture, face, upright[0].detection)
                if isinstance(proof, Person):
                    return FoundFaces((proof,), tuple(unproven), ())
        candidates = merged([*upright, *self._looks.turned(picture, CANDIDATE_SCORE)])
        found = self._sorted_out(picture, candidates, several_faces)
        if several_faces == "all" or not found.people:
            small = self._looks.small(picture, SMALL_CANDIDATE_SCORE)
            known = [Candidate(person.witness, short=person.witness.score) for person in found.people]
            found = self._sorted_out(picture, merged([*known, *found.unproven, *small]), several_faces)
        return found

    def suspects(
        self,
        overlay: Picture,
        hulls: Sequence[npt.NDArray[np.bool_]],
        unproven: Sequence[Candidate],
        max_evidence: float = -np.inf,
    ) -> list[Suspect]:
        """Every region of `overlay` (H, W, 3) uint8 RGB that may be a face, and lies outside the masked `hulls` (H, W).

        unproven: candidates that the photo had. max_evidence: a region is looked at no more once there is no hope that
        its log-odds rise above this. The masks, faces too, are painted over: what is left of the photo is searched.
        """
        masked = np.logical_or.reduce(hulls)
        side = math.sqrt(min(np.count_nonzero(hull) for hull in hulls))
        painted = Pyramid(covered(overlay, hulls))
        seen, hints = self._looks.in_crowds(painted, CROWD_SCORE, HINT_SCORE, self._search_turns)
        hinted = hints.points[matter(hints, masked, side)]
        seen += self._looks.quarters(painted, QUARTER_SCORE, hinted, self._search_turns)
        regions = merged(each for each in [*unproven, *seen] if not _lies_in(each.detection, masked))
        return [Suspect(region, self._scores(painted, region, max_evidence)) for region in regions]

    def _sorted_out(self, picture: Pyramid, candidates: Sequence[Candidate], several_faces: str) -> FoundFaces:
        people: list[Person] = []
        unproven: list[tuple[Candidate, Miss | None]] = []
        for candidate in candidates:
            if any(_covers(person.face, candidate.detection) for person in people):
                continue
            if people and not _is_wanted(candidate, people, several_faces):
                unproven.append((candidate, None))
                continue
            proof = self._prove(picture, candidate.detection)
            if isinstance(proof, Miss):
                unproven.append((candidate, proof))
            elif all(
                disagreement(proof.face.keypoints, other.face.keypoints) >= SAME_FACE_DISAGREEMENT for other in people
            ):
                people.append(proof)
        left = [
            (candidate, miss)
            for candidate, miss in unproven
            if not any(_covers(person.face, candidate.detection) for person in people)
        ]
        return FoundFaces(
            people=tuple(sorted(people, key=lambda person: -person.face.size)),
            unproven=tuple(candidate for candidate, _ in left),
            misses=tuple(miss for _, miss in left if miss),
        )

    def _is_sure(self, face: FittedFace, detection: Detection) -> bool:
        """Whether a detection and the mesh that was fitted to it leave no doubt."""
        apart = disagreement(face.keypoints, detection.keypoints[:4])
        return (
            detection.score >= max(SURE_SCORE, self._bounds.detector)
            and face.score >= self._bounds.mesh
            and apart <= SURE_DISAGREEMENT
        )

    def _prove(self, picture: Pyramid, detection: Detection) -> Person | Miss:
        face = self._mesh.fit(picture, detection)
        if self._is_sure(face, detection):
            return self._person(picture, face, detection)
        hypotheses = [face]
        closer = self._looks.close(picture, detection.region(CLOSE_MARGIN))
        if closer is not None:
            hypotheses.append(self._mesh.fit(picture, closer))
        return _best([self._confirm(picture, hypothesis) for hypothesis in hypotheses])

    def _confirm(self, picture: Pyramid, face: FittedFace) -> Person | Miss:
        """The person, if the detector sees the face where `face` does, and the same way up."""
        if face.score < self._bounds.mesh:
            return Miss("MIN_SCORE", face.score, self._bounds.mesh, face.score, 0.0)
        witness = self._looks.close(picture, face.region(CLOSE_MARGIN))
        score = witness.score if witness else 0.0
        if witness is None or score < self._bounds.detector:
            return Miss("MIN_DETECTOR_SCORE", score, self._bounds.detector, face.score, score)
        apart = disagreement(face.keypoints, witness.keypoints[:4])
        if apart > MAX_DISAGREEMENT:
            return Miss("MAX_DISAGREEMENT", apart, MAX_DISAGREEMENT, face.score, score)
        return self._person(picture, face, witness)

    def _person(self, picture: Pyramid, face: FittedFace, witness: Detection) -> Person | Miss:
        """The person, unless what the border leaves of the face has been taken for all of it."""
        edges = np.concatenate([face.box, witness.box]).reshape(2, 2, 2)
        height, width = picture.size
        if (np.minimum(edges, [width, height] - edges) > BESIDE_BORDER * face.size).all():
            return Person(face, witness)
        mirrored = self._looks.close(picture, face.region(CLOSE_MARGIN), UPRIGHT, mirrored=True)
        score = mirrored.score if mirrored else 0.0
        apart = disagreement(face.keypoints, mirrored.keypoints[:4]) if mirrored else np.inf
        if apart > MAX_DISAGREEMENT:
            return Miss("MAX_DISAGREEMENT", apart, MAX_DISAGREEMENT, face.score, score)
        moved = disagreement(face.keypoints, self._mesh.fit_mirrored(picture, face).keypoints)
        if moved > MAX_DISAGREEMENT_AT_BORDER:
            return Miss("MAX_DISAGREEMENT_AT_BORDER", moved, MAX_DISAGREEMENT_AT_BORDER, face.score, score)
        return Person(face, witness)

    def _scores(self, picture: Pyramid, candidate: Candidate, max_evidence: float) -> Scores:
        detection = candidate.detection
        height, width = picture.size
        cut_off = bool((detection.box[:2] < 0).any() or (detection.box[2:] > [width, height]).any())
        region = detection.region(SURROUNDINGS_MARGIN)
        upright = self._looks.close(picture, region, UPRIGHT, mirrored=True)
        scores = Scores(candidate.short, candidate.crowd, upright.score if upright else 0.0, cut_off=cut_off)
        if scores.hopeful_log_odds(self._turned_gain) <= max_evidence:
            return scores
        scores = replace(scores, mtcnn=self._mtcnn.score(picture, detection))
        if scores.hopeful_log_odds(self._turned_gain) <= max_evidence:
            return scores
        # What is seen upright of a face that stands on its head shows neither which way up it is nor that it is one.
        turned = self._looks.close(picture, region, QUARTER_TURNS[1:], mirrored=True)
        closer = max((each for each in (upright, turned) if each), key=lambda each: each.score, default=None)
        scores = replace(scores, close=closer.score if closer else 0.0)
        if scores.hopeful_log_odds() <= max_evidence:
            return scores
        return replace(scores, mesh=self._mesh.score(picture, closer or detection))


def _best(proofs: Sequence[Person | Miss]) -> Person | Miss:
    """Of several hypotheses about one region the one that is proven best; none where two proven ones contradict."""
    people = [proof for proof in proofs if isinstance(proof, Person)]
    if not people:
        return max((proof for proof in proofs if isinstance(proof, Miss)), key=lambda miss: miss.face_score)
    best = max(people, key=lambda person: person.witness.score)
    apart = max(disagreement(person.face.keypoints, best.face.keypoints) for person in people)
    if apart > MAX_DISAGREEMENT:
        return Miss("MAX_DISAGREEMENT", apart, MAX_DISAGREEMENT, best.face.score, best.witness.score)
    return best


def _is_wanted(candidate: Candidate, people: Sequence[Person], several_faces: str) -> bool:
    """Whether it matters if `candidate` is one more person, as SEVERAL_FACES says."""
    largest = max(person.face.size for person in people)
    return several_faces == "all" or (several_faces == "largest" and candidate.detection.size > largest / 2)


def _covers(face: FittedFace, detection: Detection) -> bool:
    """Whether eyes, nose and mouth of `detection` lie on `face`."""
    outline = cv2.convexHull(face.points[:, :2].astype(np.float32))
    return all(cv2.pointPolygonTest(outline, (float(u), float(v)), False) >= 0 for u, v in detection.keypoints[:4])


def matter(hints: Hints, masked: npt.NDArray[np.bool_], side: float) -> npt.NDArray[np.bool_]:
    """Which of the `hints` (N,) lie outside what is `masked` (H, W), and beside it only those that score higher.

    side: of a square of the smallest mask's area, pixels.
    """
    step = max(1, max(masked.shape) // WHOLE_SIZE)
    distances = cv2.distanceTransform((~masked[::step, ::step]).astype(np.uint8), cv2.DIST_L2, 3)
    distance = _values_at(hints.points / step, distances)
    is_near = distance < BESIDE_MASK * side / step
    return np.asarray((distance > 0) & (~is_near | (hints.scores >= BESIDE_MASK_HINT_SCORE)))


def _values_at(points: npt.NDArray[np.float64], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What of `values` (H, W), one a pixel, is at the `points` (N, 2), pixels, or nearest to those outside."""
    height, width = values.shape
    columns, rows = np.clip(points, 0, [width - 1, height - 1]).astype(int).T
    return np.asarray(values[rows, columns])


def _lies_in(detection: Detection, masked: npt.NDArray[np.bool_]) -> bool:
    """Whether at least three of eyes, nose and mouth are masked."""
    return int(np.count_nonzero(_values_at(detection.keypoints[:4], masked))) >= 3
