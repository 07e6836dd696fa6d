"""The kinds of output, and where each stands.

Paths are strings here: hundreds of thousands of them are made in a run, and pathlib's cost more than the file system.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from masking.core.config.options import OutputOptions

if TYPE_CHECKING:
    from masking.dataset.tree import PreparedImage

TEMPORARY_PREFIX = ".masking-"


@dataclass(frozen=True)
class OutputKind:
    """One file of an image: its name is the image's stem with `suffix`.

    It is kept in OUTPUT_FOLDER/`backup_folder`/<identity>/<video> and, where `beside_image`, next to the image; with
    OUTPUT_LAYOUT = original as AS_THE_ORIGINAL says.
    """

    suffix: str
    backup_folder: str
    beside_image: bool = True


OVERLAY = OutputKind("_overlay.png", "images")
MASK_ONLY = OutputKind("_mask_only.png", "images")
MESH = OutputKind("_mesh.obj", "mesh")
OVERLAY_ARRAY = OutputKind("_overlay.npy", "images", beside_image=False)
MASK_ONLY_ARRAY = OutputKind("_mask_only.npy", "images", beside_image=False)
PARAMETERS = OutputKind("_params.npz", "params")
PARAMETERS_DICT = OutputKind("_params.npy", "params")
NEUTRAL_MESH = OutputKind("_neutral.obj", "mesh")
TEXTURED_MESH = OutputKind("_texture.obj", "texture")
TEXTURE_MATERIAL = OutputKind("_texture.mtl", "texture")
TEXTURE = OutputKind("_texture.png", "texture")
VISUALIZATION = OutputKind("_visualization.png", "images")
LANDMARKS = OutputKind("_landmarks.npz", "landmarks")
LANDMARKS_TABLE = OutputKind("_landmarks.csv", "landmarks")
LANDMARKS_POINTS = OutputKind("_landmarks.pts", "landmarks")
NOW_MESH = OutputKind(".obj", "now", beside_image=False)
NOW_LANDMARKS = OutputKind(".npy", "now", beside_image=False)
ALL_KINDS = (
    OVERLAY,
    MASK_ONLY,
    MESH,
    OVERLAY_ARRAY,
    MASK_ONLY_ARRAY,
    PARAMETERS,
    PARAMETERS_DICT,
    NEUTRAL_MESH,
    TEXTURED_MESH,
    TEXTURE_MATERIAL,
    TEXTURE,
    VISUALIZATION,
    LANDMARKS,
    LANDMARKS_TABLE,
    LANDMARKS_POINTS,
    NOW_MESH,
    NOW_LANDMARKS,
)
RETIRED = {
    MESH: OutputKind(".obj", "mesh"),
    PARAMETERS: OutputKind(".npz", "params"),
    PARAMETERS_DICT: OutputKind(".npy", "params"),
}
"""What earlier versions called some kinds. Beside `X_prep.png` no other name may contain `_prep.`: scripts that work on
the masks take the first such name for the photo. Nothing gets these names any more; what a run gave them is replaced.
"""

AS_THE_ORIGINAL = {
    OVERLAY_ARRAY: OutputKind("overlay.npy", "images"),
    MASK_ONLY_ARRAY: OutputKind("mask_only.npy", "images"),
    MESH: OutputKind(".obj", "mesh"),
    PARAMETERS_DICT: OutputKind(".npy", "params"),
    NEUTRAL_MESH: OutputKind(".obj", "neutral_mesh"),
}
"""What the original pipeline calls some kinds, and where it puts them: all into one folder, whatever the identity and
the video. Other kinds keep their names there.
"""
MASK_PAIR = (OVERLAY, MASK_ONLY)
"""The kinds that every masked image has, and the only ones that the original puts beside it."""
STEM = "{stem}"
"""In a location: the image's stem alone, where `*` stands for its folders too."""
PHOTO_SHOWING = frozenset({OVERLAY, OVERLAY_ARRAY, TEXTURE, VISUALIZATION})
"""Kinds in which pixels of the photo can be seen."""
FACE_SHOWING = frozenset({TEXTURED_MESH, TEXTURE_MATERIAL, TEXTURE, VISUALIZATION})
"""Kinds in which the face itself can be seen, and what belongs to them."""
MASK_PICTURES = frozenset({OVERLAY, MASK_ONLY, OVERLAY_ARRAY, MASK_ONLY_ARRAY})
"""Kinds whose presence tells everyone that there is a mask."""


def output_locations(kind: OutputKind, backup_only: bool = False, *, flat: bool = False) -> list[str]:
    """Where the outputs of `kind` go: the backup, then beside the image unless `backup_only`. `*` stands for what the
    image decides, its folders and its stem. flat: as OUTPUT_LAYOUT = original has them.
    """
    named = AS_THE_ORIGINAL.get(kind, kind) if flat else kind
    is_beside = kind in MASK_PAIR if flat else kind.beside_image
    backup = f"{named.backup_folder}/{STEM if flat else '*'}{named.suffix}"
    return [backup, f"*{kind.suffix}"] if is_beside and not backup_only else [backup]


def locations_of(kind: OutputKind, image: PreparedImage) -> list[str]:
    """Where the outputs of `kind` go that are made of `image`."""
    return output_locations(kind, image.is_loose or image.backup_only, flat=image.flat_backup)


def output_paths(output_folder: str, image: PreparedImage, locations: Iterable[str]) -> list[str]:
    """The paths of the outputs of `image` at `locations`, which `output_locations` names."""
    beside = os.path.splitext(str(image.path))[0]  # noqa: PTH122 - see the module's docstring
    stem = os.path.basename(beside)  # noqa: PTH119
    below_backup = "/".join((*image.folders, stem))

    def path_at(location: str) -> str:
        if "/" not in location:
            return beside + location[1:]
        token, text = (STEM, stem) if is_flat(location) else ("*", below_backup)
        return f"{output_folder}/{location.replace(token, text, 1)}"

    return [path_at(location) for location in locations]


def is_flat(location: str) -> bool:
    """Whether the outputs of all images lie in one folder there."""
    return STEM in location


RETIRED_LOCATIONS = frozenset(location for kind in RETIRED.values() for location in output_locations(kind))
_TREE = {location: kind for kind in (*ALL_KINDS, *RETIRED.values()) for location in output_locations(kind)}
_FLAT = {output_locations(kind, True, flat=True)[0]: kind for kind in ALL_KINDS}
KIND_AT = {**_TREE, **_FLAT}
"""The kind of what stands at a location, in either layout, of this version or an earlier one."""
ALL_LOCATIONS = tuple(KIND_AT)
BESIDE_LOCATIONS = frozenset(location for location in ALL_LOCATIONS if "/" not in location)
_LOCATIONS = {False: tuple(_TREE), True: (*_FLAT, *(location for location in _TREE if location in BESIDE_LOCATIONS))}


def locations_in_layout(*, flat: bool) -> tuple[str, ...]:
    """Every location that an output may stand at in OUTPUT_LAYOUT = original (`flat`), or else in a tree."""
    return _LOCATIONS[flat]


def all_locations(image: PreparedImage) -> list[str]:
    """Every location at which an output of `image` may stand."""
    return [location for location in _LOCATIONS[image.flat_backup] if "/" in location or not image.is_loose]


def demanded_kinds(options: OutputOptions) -> tuple[OutputKind, ...]:
    """The kinds of file that every masked image has with these options."""
    npz, npy = options.parameters_format in ("npz", "both"), options.parameters_format in ("npy", "both")
    asked_for = {
        MESH: options.save_mesh,
        OVERLAY_ARRAY: options.save_arrays,
        MASK_ONLY_ARRAY: options.save_arrays,
        PARAMETERS: options.save_parameters and npz,
        PARAMETERS_DICT: options.save_parameters and npy,
        NEUTRAL_MESH: options.neutralize_expression,
        TEXTURED_MESH: options.save_texture,
        TEXTURE_MATERIAL: options.save_texture,
        TEXTURE: options.save_texture,
        VISUALIZATION: options.save_visualization,
        LANDMARKS: options.save_landmarks and options.landmarks_format in ("npz", "all"),
        LANDMARKS_TABLE: options.save_landmarks and options.landmarks_format in ("csv", "all"),
        LANDMARKS_POINTS: options.save_landmarks and options.landmarks_format in ("pts", "all"),
        NOW_MESH: options.save_now,
        NOW_LANDMARKS: options.save_now,
    }
    return (OVERLAY, MASK_ONLY, *(kind for kind, asked in asked_for.items() if asked))


def demanded_locations(options: OutputOptions, is_loose: bool = False) -> list[str]:
    """Where every masked image has a file with these options, as `output_locations` names it."""
    backup_only = is_loose or options.outputs == "backup"
    flat = options.has_flat_backup
    return [location for kind in demanded_kinds(options) for location in output_locations(kind, backup_only, flat=flat)]
