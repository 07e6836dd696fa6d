"""What may become of a video, and of a frame."""

from __future__ import annotations

from masking.core.errors import ItemError
from masking.core.string_enum import StringEnum


class Status(StringEnum):
    """What became of a video, in the order of reports. Only `prepared` has prepared images."""

    PREPARED = "prepared"
    TOO_FEW_FRAMES = "too_few_frames"
    NO_FRAMES = "no_frames"
    CUT_OFF = "cut_off"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    STALLED = "stalled"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"
    FAILED = "failed"


class Verdict(StringEnum):
    """What is said of a frame, in the order in which it is asked: `kept`, or the first reason why not."""

    KEPT = "kept"
    UNREADABLE = "unreadable"
    NO_FACE = "no_face"
    LOW_CONFIDENCE = "low_confidence"
    OTHER_FACE = "other_face"
    MESH_UNPROVEN = "mesh_unproven"
    YAW = "yaw"
    PITCH = "pitch"
    ROLL = "roll"
    SMALL = "small"
    BLURRED = "blurred"
    FIT_UNPROVEN = "fit_unproven"


class NoFramesError(ItemError):
    """The video holds not one frame."""

    status = Status.NO_FRAMES


class CutOffError(ItemError):
    """The video ends long before it says that it does."""

    status = Status.CUT_OFF


class TooLargeError(ItemError):
    """Its frames have more pixels than MAX_MEGAPIXELS allows."""

    status = Status.TOO_LARGE


class TooLongError(ItemError):
    """It has more frames than MAX_FRAMES allows."""

    status = Status.TOO_LONG


class StalledError(ItemError):
    """Its decoder gave no frame for MAX_DECODING_SECONDS."""

    status = Status.STALLED


class CrashedError(ItemError):
    """Its decoder died."""

    status = Status.CRASHED


class UnreadableVideoError(ItemError):
    """The file can't be opened, or holds no video."""

    status = Status.UNREADABLE


class ChangedVideoError(ItemError):
    """Somebody wrote to it while it was read."""
