"""The reconstructors that can be chosen. Adding one is a folder of its own and a line here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from masking.core.errors import ConfigError
from masking.core.hashing import hash_ahead
from masking.core.registry import Entry, ModelFile, Registry
from masking.reconstruction import wanted_files

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
                f"[RECONSTRUCTION] SEVERAL_FACES = {options.several_faces} needs the face mesh: RingNet takes "
                "each image to be one face. Set RECONSTRUCTOR = facemesh, or SEVERAL_FACES = refuse"
            ]
        )
    from masking.reconstruction.ringnet.reconstructor import RingNet

    return RingNet(options)


def _ringnet_files(config: Config) -> Iterable[ModelFile]:
    from masking.reconstruction.flame.landmarks import load_dynamic_embedding, load_static_embedding
    from masking.reconstruction.flame.model import load_flame_model
    from masking.reconstruction.flame.texture_data import load_texture_data
    from masking.reconstruction.flame.topology import load_sample, load_topology
    from masking.reconstruction.ringnet.checkpoint_location import checkpoint_file

    flame, landmarks = config.reconstruction.flame_folder, "SAVE_LANDMARKS: FLAME's {} landmarks"
    for wanted in wanted_files.CHECKPOINT_FILES:
        # Whether the three fit together shows when they are loaded.
        yield ModelFile(wanted, config.reconstruction.model_folder, "RECONSTRUCTOR = ringnet", checkpoint_file)
    sample, model = wanted_files.FLAME_SAMPLE_FILE, wanted_files.FLAME_MODEL_FILE
    yield ModelFile(sample, flame, "RingNet's triangles", check=load_sample)
    enables = f"NEUTRALIZE_EXPRESSION; RingNet's triangles without {sample.name}"
    yield ModelFile(model, flame, enables, check=load_flame_model)
    yield ModelFile(
        wanted_files.TEXTURE_DATA_FILE,
        flame,
        "SAVE_TEXTURE with RingNet",
        check=lambda file: load_texture_data(file, load_topology(flame).faces),
    )
    static, dynamic = wanted_files.STATIC_EMBEDDING_FILE, wanted_files.DYNAMIC_EMBEDDING_FILE
    yield ModelFile(static, flame, landmarks.format("51 inner"), check=load_static_embedding)
    yield ModelFile(dynamic, flame, landmarks.format("17 contour"), check=load_dynamic_embedding)


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
    """As soon as one file of the checkpoint is there, or the user has said where it is: where a file is missing then,
    that is an error to be reported, and no reason to make masks of another kind.
    """
    from masking.reconstruction.ringnet.checkpoint_location import has_checkpoint

    options, location = config.reconstruction, config.reconstruction.model_folder
    if has_checkpoint(location):
        return f"{location} holds RingNet's checkpoint"
    return f"MODEL_FOLDER = {location} was given" if options.was_given("model_folder") else None


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
