"""What may become of a prepared image."""

from __future__ import annotations

from masking.core.string_enum import StringEnum


class Status(StringEnum):
    """What became of one prepared image, in the order of reports. Only `masked` has files."""

    MASKED = "masked"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    LOW_CONFIDENCE = "low_confidence"
    FIT_UNPROVEN = "fit_unproven"
    MESH_MISSES_HULL = "mesh_misses_hull"
    UNREADABLE = "unreadable"
    FAILED = "failed"
