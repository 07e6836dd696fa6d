"""A masked tree: the photos with their overlays, masks and meshes, from beside the photos or from an OUTPUT_FOLDER."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from masking.core import safe_files
from masking.core.config.options import Folders
from masking.core.errors import ConfigError, EmptyTreeError
from masking.dataset.flat_names import walk_for_outputs
from masking.dataset.layout import IDENTITY_VIDEO, Layout, layout_of
from masking.dataset.layout_choice import choose_layout
from masking.dataset.outputs import (
    MASK_ONLY,
    MESH,
    OVERLAY,
    PARAMETERS,
    PARAMETERS_DICT,
    RETIRED,
    OutputKind,
    output_locations,
    output_paths,
)
from masking.dataset.tree import PreparedImage, RefusedEntry
from masking.pipeline.output_folder import OWNER_FILE, has_flat_backup

MAX_BYTES = 10_000_000
UNKNOWN = "unknown"


@dataclass(frozen=True)
class MaskedImage:
    """A prepared image and where what was made of it should be. As the pipeline's Item.

    path: the photo. overlay, mask_only, mesh (.obj), parameters (.npz, .npy): their files, be they there or not.
    """

    identity: str
    video: str
    path: Path
    overlay: Path
    mask_only: Path
    mesh: Path
    parameters: Path
    foreign: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The photo's file name."""
        return self.path.name


@dataclass(frozen=True)
class MaskedTree:
    """photos: the tree of prepared images. outputs: the OUTPUT_FOLDER to take overlays, masks and meshes from; None
    for those beside the photos. reconstructor: what the masks were made with, as far as run.json tells. layout: how the
    photos lie. flat_backup: OUTPUT_FOLDER has OUTPUT_LAYOUT = original.
    """

    photos: Path
    outputs: Path | None
    reconstructor: str
    layout: Layout = IDENTITY_VIDEO
    flat_backup: bool = False

    def walk(self) -> Iterator[MaskedImage | RefusedEntry]:
        """Every prepared image, in the tree's order."""
        for entry in walk_for_outputs(self.photos, self.layout, flat_backup=self.flat_backup):
            yield entry if isinstance(entry, RefusedEntry) else self._with_outputs(entry)

    def image(self, identity: str, video: str, name: str) -> MaskedImage:
        """The image of this name, be it there or not."""
        path = self.photos / identity / video / name
        return self._with_outputs(PreparedImage(identity, video, path, is_flat=self.layout.depth == 0))

    def person(self, identity: str, name: str) -> str:
        """Whom the photo `name` in the folder `identity` shows."""
        return self.layout.identity_of(identity, name)

    def occasion(self, video: str, name: str) -> str:
        """The video that a photo is of; where the layout has none, each photo is taken for another occasion."""
        return video if self.layout.depth == IDENTITY_VIDEO.depth else Path(name).stem

    def _with_outputs(self, image: PreparedImage) -> MaskedImage:
        def file_of(kind: OutputKind) -> Path:
            place = output_locations(kind, flat=self.flat_backup)[0 if self.outputs else -1]
            return Path(output_paths(str(self.outputs or ""), image, [place])[0])

        def first_there(*kinds: OutputKind) -> Path:
            paths = list(map(file_of, kinds))
            return next((path for path in paths if path.exists()), paths[0])

        mesh, parameters = first_there(MESH), first_there(PARAMETERS, PARAMETERS_DICT)
        if not self.flat_backup:
            mesh = first_there(MESH, RETIRED[MESH])
            parameters = first_there(PARAMETERS, RETIRED[PARAMETERS], PARAMETERS_DICT, RETIRED[PARAMETERS_DICT])
        masks = file_of(OVERLAY), file_of(MASK_ONLY)
        return MaskedImage(image.identity, image.video, image.path, *masks, mesh, parameters)


def open_tree(folder: Path) -> MaskedTree:
    """The tree that `folder` is, or, where it is a run's OUTPUT_FOLDER, the tree that the run masked.

    Raises ConfigError where it is neither, or the photos have gone.
    """
    if not folder.is_dir():
        raise ConfigError([f"{folder} {'is not a folder' if folder.exists() else 'does not exist'}"])
    if not os.path.lexists(folder / OWNER_FILE):
        return MaskedTree(folder, None, UNKNOWN, _layout({}, folder))
    owner = _json(folder / OWNER_FILE).get("input_folder")
    photos = Path(str(owner))
    if not owner or not photos.is_dir():
        raise ConfigError([f"{folder} holds the masks of {owner or 'an unknown folder'}, which is not there"])
    facts = _json(folder / "run.json")
    named = _held(facts, "models").get("reconstructor")
    return MaskedTree(photos, folder, str(named or UNKNOWN), _layout(facts, photos), has_flat_backup(folder))


def _layout(facts: dict[str, object], photos: Path) -> Layout:
    """The layout by which a run found its photos; where run.json doesn't say, the one that would be found."""
    said = _held(_held(facts, "configuration"), "folders")
    known = {key: said[key] for key in ("input_layout", "photo_names", "identity_pattern") if key in said}
    try:
        folders = Folders.model_validate({"input_folder": photos, "output_folder": photos, **known})
        return choose_layout(folders) if folders.input_layout == "auto" else layout_of(folders)
    except (ValidationError, EmptyTreeError):
        return IDENTITY_VIDEO


def _held(facts: dict[str, object], key: str) -> dict[str, object]:
    found = facts.get(key)
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> dict[str, object]:
    """What the file holds; nothing where it is missing or damaged."""
    try:
        held = json.loads(safe_files.read_bytes(path, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
