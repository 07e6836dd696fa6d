"""The reconstructors that can be chosen. Adding one is a folder of its own and a line here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from masking.core.errors import ConfigError
from masking.core.finding import model_file
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
    from masking.reconstruction.flame.landmarks import load_dynamic_embedding, load_static_embedding
    from masking.reconstruction.flame.model import load_flame_model
    from masking.reconstruction.flame.texture_data import load_texture_data
    from masking.reconstruction.flame.topology import load_sample, load_topology
    from masking.reconstruction.ringnet.checkpoint_location import checkpoint_file
    from masking.reconstruction.wanted_files import (
        CHECKPOINT_FILES,
        DYNAMIC_EMBEDDING_FILE,
        FLAME_MODEL_FILE,
        FLAME_SAMPLE_FILE,
        STATIC_EMBEDDING_FILE,
        TEXTURE_DATA_FILE,
    )

    place, flame = config.reconstruction.model_folder, config.reconstruction.flame_folder
    for wanted in CHECKPOINT_FILES:
        # Whether the three fit together shows at the start.
        find_it = partial(checkpoint_file, wanted, place)
        yield ModelFile(place / wanted.name, "RECONSTRUCTOR = ringnet", wanted.download, find_it)
    yield model_file(FLAME_SAMPLE_FILE, flame, "RingNet's triangles", load_sample)
    enables = f"NEUTRALIZE_EXPRESSION; RingNet's triangles without {FLAME_SAMPLE_FILE.name}"
    yield model_file(FLAME_MODEL_FILE, flame, enables, load_flame_model)
    yield model_file(
        TEXTURE_DATA_FILE,
        flame,
        "SAVE_TEXTURE with RingNet",
        lambda file: load_texture_data(file, load_topology(flame).faces),
    )
    enables = "SAVE_LANDMARKS and SAVE_NOW: FLAME's {} landmarks"
    yield model_file(STATIC_EMBEDDING_FILE, flame, enables.format("51 inner"), load_static_embedding)
    yield model_file(DYNAMIC_EMBEDDING_FILE, flame, enables.format("17 contour"), load_dynamic_embedding)


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

    place = config.reconstruction.model_folder
    if has_checkpoint(place):
        return f"{place} holds RingNet's checkpoint"
    return f"MODEL_FOLDER = {place} was given" if config.reconstruction.was_given("model_folder") else None


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
