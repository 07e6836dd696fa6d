"""Which of the people in a photo are to be masked, as SEVERAL_FACES says; and why none can be."""

from __future__ import annotations

from dataclasses import dataclass

from masking.core.bounds import missed_bound
from masking.core.errors import FitUnprovenError, ItemError, LowConfidenceError, NoFaceError, SeveralFacesError
from masking.faces.evidence import Scores
from masking.faces.finder import FoundFaces, Miss, Person, Suspect

NOT_A_FACE = 0.5
"""The mesh network's score below which a candidate counts as no face, rather than as one that isn't trusted."""


@dataclass(frozen=True)
class Selection:
    """people: to be masked, the largest first. left: proven people who stay as they are."""

    people: tuple[Person, ...]
    left: tuple[Person, ...]


def select(found: FoundFaces, several_faces: str) -> Selection:
    """Whom to mask of those who were `found`; several_faces: refuse, largest or all.

    Raises NoFaceError, LowConfidenceError or FitUnprovenError where nobody is proven, SeveralFacesError where there are
    several and that is refused.
    """
    if not found.people:
        raise _nobody(found)
    if len(found.people) > 1 and several_faces == "refuse":
        scores = ", ".join(f"{person.witness.score:.2f}" for person in found.people)
        raise SeveralFacesError(
            f"{len(found.people)} faces found (detector's scores {scores}); a mask of 1 would show the others"
        )
    if several_faces == "largest":
        return Selection(found.people[:1], found.people[1:])
    return Selection(found.people, ())


def survivors(suspects: list[Suspect], several_faces: str, max_evidence: float, masked: int) -> list[Suspect]:
    """Those of `suspects` that are not shown to be no face.

    Raises SeveralFacesError where there is one, unless several_faces is `largest`, which leaves them to be seen.
    """
    found = [suspect for suspect in suspects if suspect.scores.log_odds > max_evidence]
    if found and several_faces != "largest":
        worst = max(found, key=lambda suspect: suspect.scores.log_odds)
        u, v = worst.candidate.detection.center.round().astype(int)
        raise SeveralFacesError(
            f"another face is found at ({u}, {v}) ({_said(worst.scores)}); a mask of {masked} would show it",
            missed_bound("MAX_SURVIVOR_EVIDENCE", worst.scores.log_odds, max_evidence, "allowed"),
            candidates=masked + len(suspects),
        )
    return found


def _nobody(found: FoundFaces) -> ItemError:
    if not found.misses:
        return NoFaceError("the detectors found no face")
    miss = max(found.misses, key=_reached)
    if miss.face_score < NOT_A_FACE:
        return NoFaceError(
            f"the detectors' {len(found.misses)} candidate(s) are no faces (best score {miss.face_score:.3f})",
            str(miss),
        )
    if miss.bound == "MIN_SCORE":
        return LowConfidenceError(f"the face scores {miss.face_score:.2f}, below MIN_SCORE = {miss.limit:g}", str(miss))
    return FitUnprovenError(f"the face's mesh can't be proven to lie on it: {miss}", str(miss))


def _reached(miss: Miss) -> tuple[int, float]:
    order = ["MIN_SCORE", "MIN_DETECTOR_SCORE", "MAX_DISAGREEMENT", "MAX_DISAGREEMENT_AT_BORDER"]
    return order.index(miss.bound), miss.face_score


def _said(scores: Scores) -> str:
    said = {
        "short range": scores.short,
        "CenterFace": scores.crowd,
        "close by": scores.close,
        "MTCNN": scores.mtcnn,
        "mesh": scores.mesh,
    }
    return ", ".join(f"{model} {score:.2f}" for model, score in said.items() if score is not None)
