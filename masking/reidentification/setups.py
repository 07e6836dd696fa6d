"""What is compared with what: the study's setups, the attacks that know the method, and the controls."""

from __future__ import annotations

from dataclasses import dataclass

from masking.core.string_enum import StringEnum
from masking.reidentification.kinds import Kind


class Attack(StringEnum):
    """What the attacker knows, or what is measured separately."""

    PLAIN = "plain"
    CROSS_MASK = "cross-mask"
    PARROT = "parrot"
    GEOMETRY = "geometry"
    CONTROL = "control"


ATTACK_MEANINGS = {
    Attack.PLAIN: "a recogniser made for clear faces, as it is",
    Attack.CROSS_MASK: "the query's masks come from another reconstructor than the database's",
    Attack.PARROT: "the embeddings were adapted to masks of other people, and tested on those it has not seen",
    Attack.GEOMETRY: "the published meshes are compared, no picture",
    Attack.CONTROL: "what the surroundings, or the face, give away by themselves",
}


@dataclass(frozen=True)
class Setup:
    """Query images of one kind against database images of another."""

    name: str
    query: Kind
    database: Kind
    attack: Attack = Attack.PLAIN


FACE_TO_FACE = Setup("Face2Face", Kind.PHOTO, Kind.PHOTO)
STUDY_SETUPS = (
    FACE_TO_FACE,
    Setup("Overlay2Face", Kind.OVERLAY, Kind.PHOTO),
    Setup("Overlay2Overlay", Kind.OVERLAY, Kind.OVERLAY),
    Setup("MaskOnly2Face", Kind.MASK_WHITE, Kind.PHOTO),
    Setup("MaskOnly2MaskOnly", Kind.MASK_WHITE, Kind.MASK_WHITE),
    Setup("MaskOnlyBlack2Face", Kind.MASK_BLACK, Kind.PHOTO),
    Setup("MaskOnlyBlack2MaskOnlyBlack", Kind.MASK_BLACK, Kind.MASK_BLACK),
)
CONTROLS = (
    Setup("Background2Face", Kind.BACKGROUND, Kind.PHOTO, Attack.CONTROL),
    Setup("Background2Background", Kind.BACKGROUND, Kind.BACKGROUND, Attack.CONTROL),
    Setup("FaceAlone2FaceAlone", Kind.FACE_ALONE, Kind.FACE_ALONE, Attack.CONTROL),
)
ATTACKED_SETUPS = tuple(setup for setup in STUDY_SETUPS if setup != FACE_TO_FACE)
"""Those with a mask on a side: what an adapted recogniser is tried on."""
CROSS_MASK_SETUPS = tuple(setup for setup in ATTACKED_SETUPS if setup.database is not Kind.PHOTO)
