"""The reconstructors that can be chosen. Adding one is a folder of its own and a line here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from masking.core.errors import ConfigError
from masking.core.hashing import hash_ahead
from masking.core.registry import Entry, ModelFile, Registry

if TYPE_CHECKING:
    from masking.core.config import Config
    from masking.reconstruction.base import Reconstructor


def _open_facemesh(_: Config) -> Reconstructor:
    from masking.reconstruction.facemesh.reconstructor import FaceMesh

    return FaceMesh()


def _open_ringnet(config: Config) -> Reconstructor:
    options = config.reconstruction
    if options.several_faces != "refuse":
        raise ConfigError(
            [
                f"[RECONSTRUCTION] SEVERAL_FACES = {options.several_faces} needs the face mesh: RingNet takes an image "
                "for one face. Set RECONSTRUCTOR = facemesh, or SEVERAL_FACES = refuse"
            ]
        )
    from masking.reconstruction.ringnet.reconstructor import RingNet

    return RingNet(options)


def _ringnet_files(config: Config) -> Iterable[ModelFile]:
    from masking.reconstruction.flame.model import MODEL_NAME
    from masking.reconstruction.flame.texture_data import TEXTURE_DATA_NAME
    from masking.reconstruction.flame.topology import SAMPLE_NAME
    from masking.reconstruction.model_files import FLAME_MODEL, FLAME_SAMPLE, FLAME_TEXTURE_DATA, RINGNET_CHECKPOINT
    from masking.reconstruction.ringnet.checkpoint import CheckpointFiles

    folder = config.reconstruction.flame_folder
    for path in CheckpointFiles(config.reconstruction.model_folder).all:
        yield ModelFile(path, "RECONSTRUCTOR = ringnet", RINGNET_CHECKPOINT)
    yield ModelFile(folder / SAMPLE_NAME, "RingNet's triangles", FLAME_SAMPLE)
    yield ModelFile(
        folder / MODEL_NAME, f"NEUTRALIZE_EXPRESSION; RingNet's triangles without {SAMPLE_NAME}", FLAME_MODEL
    )
    yield ModelFile(folder / TEXTURE_DATA_NAME, "SAVE_TEXTURE with RingNet", FLAME_TEXTURE_DATA)


def _ringnet_hashes(config: Config) -> Iterable[Path]:
    from masking.reconstruction.ringnet.reconstructor import files_to_hash

    return files_to_hash(config.reconstruction)


def _ringnet_state(config: Config) -> Iterable[str]:
    from masking.reconstruction.ringnet.diagnosis import describe_runtime

    return describe_runtime(config.reconstruction)


def _convert_ringnet(config: Config) -> Iterable[str]:
    from masking.reconstruction.ringnet.diagnosis import convert_ahead

    return convert_ahead(config.reconstruction)


def _why_ringnet(config: Config) -> str | None:
    """As soon as one file of the checkpoint is there: where another is missing, that is an error to be reported, and no
    reason to make masks of another kind.
    """
    from masking.reconstruction.ringnet.checkpoint import CheckpointFiles

    folder = config.reconstruction.model_folder
    there = any(path.exists() for path in CheckpointFiles(folder).all)
    return f"{folder} holds RingNet's checkpoint" if there else None


def _why_facemesh(config: Config) -> str:
    return f"{config.reconstruction.model_folder} holds no RingNet checkpoint"


RECONSTRUCTORS: Registry[Reconstructor] = Registry(
    "RECONSTRUCTOR",
    "batch_face_masking.reconstructors",
    [
        Entry(
            "ringnet",
            "FLAME's head, by RingNet",
            _open_ringnet,
            _ringnet_files,
            why_automatic=_why_ringnet,
            hashes=_ringnet_hashes,
            state=_ringnet_state,
            make_ahead=_convert_ringnet,
        ),
        Entry("facemesh", "the embedded face mesh", _open_facemesh, why_automatic=_why_facemesh),
    ],
)


def choose_reconstructor(config: Config) -> tuple[str, str]:
    """Name of the reconstructor that a run takes, and why it takes that one."""
    entry, why = RECONSTRUCTORS.choose(config.reconstruction.reconstructor, config)
    return entry.name, why


def read_ahead(config: Config) -> None:
    """Begin to hash the files of the reconstructor that a run takes, in threads, while all else is loaded."""
    hash_ahead(RECONSTRUCTORS.choose(config.reconstruction.reconstructor, config)[0].hashes(config))


def open_reconstructor(config: Config) -> Reconstructor:
    """Load the reconstructor that `choose_reconstructor` names. Raises ModelFileError where a file of it is missing or
    unusable.
    """
    return RECONSTRUCTORS.load(config.reconstruction.reconstructor, config)
