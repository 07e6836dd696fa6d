"""Which model files are there, what each enables, and where the missing ones are to be had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from masking.core.config import Config
from masking.core.hashing import sha256_of_file
from masking.reconstruction import choose_reconstructor
from masking.reconstruction.flame.model import MODEL_NAME
from masking.reconstruction.flame.texture_data import TEXTURE_DATA_NAME
from masking.reconstruction.flame.topology import SAMPLE_NAME
from masking.reconstruction.model_files import (
    FLAME_MODEL,
    FLAME_SAMPLE,
    FLAME_TEXTURE_DATA,
    LANDMARK_PREDICTOR,
    RINGNET_CHECKPOINT,
    Download,
)
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles


@dataclass(frozen=True)
class ModelFile:
    """A file that the user may download: where it belongs, what it enables, and where it comes from."""

    path: Path
    enables: str
    download: Download


def model_files(config: Config) -> Iterator[ModelFile]:
    """Every file that a user may put in place, wherever `config` looks for it."""
    flame_folder = config.reconstruction.flame_folder
    for path in CheckpointFiles(config.reconstruction.model_folder).all:
        yield ModelFile(path, "RECONSTRUCTOR = ringnet", RINGNET_CHECKPOINT)
    yield ModelFile(flame_folder / SAMPLE_NAME, "RingNet's triangles", FLAME_SAMPLE)
    yield ModelFile(
        flame_folder / MODEL_NAME, f"NEUTRALIZE_EXPRESSION; RingNet's triangles without {SAMPLE_NAME}", FLAME_MODEL
    )
    yield ModelFile(flame_folder / TEXTURE_DATA_NAME, "SAVE_TEXTURE with RingNet", FLAME_TEXTURE_DATA)
    yield ModelFile(config.landmarks.predictor_file, "LANDMARK_DETECTOR = dlib", LANDMARK_PREDICTOR)


def describe(file: ModelFile) -> list[str]:
    """Lines that tell a person whether `file` is there, its size and SHA-256, and if not, where to get it."""
    try:
        size = file.path.stat().st_size
        if not file.path.is_file():
            return [f"unusable  {file.path}", "          is not a file", *_origin(file)]
        digest = sha256_of_file(file.path)
    except FileNotFoundError:
        return [f"missing   {file.path}", *_origin(file)]
    except OSError as error:
        return [f"unusable  {file.path}", f"          can't be read: {error.strerror}", *_origin(file)]
    return [
        f"found     {file.path}",
        f"          {size:,} bytes, SHA-256 {digest}",
        f"          for {file.enables}; {file.download.licence}",
    ]


def convert_ahead(config: Config) -> Iterator[str]:
    """Convert RingNet's checkpoint, where a run would use it, and say what came of it. Raises MaskingError."""
    if choose_reconstructor(config.reconstruction)[0] == "ringnet":
        from masking.reconstruction.ringnet import diagnosis

        yield from diagnosis.convert_ahead(config.reconstruction)
    else:
        yield "nothing is to be converted: a run would not use RingNet"


def describe_runtime(config: Config) -> Iterator[str]:
    """Lines that tell what a run would compute RingNet's network with, if it would. Raises MaskingError."""
    if choose_reconstructor(config.reconstruction)[0] == "ringnet":
        from masking.reconstruction.ringnet import diagnosis

        for number, line in enumerate(diagnosis.describe_runtime(config.reconstruction)):
            yield f"{'' if number else 'RingNet on '}{line}"


def _origin(file: ModelFile) -> list[str]:
    return [
        f"          for {file.enables}",
        f"          get {file.download.title} from {file.download.page} ({file.download.licence})",
    ]
