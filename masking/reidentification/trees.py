"""A masked tree: the photos with their overlays, masks and meshes, from beside the photos or from an OUTPUT_FOLDER."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from masking.core import safe_files
from masking.core.errors import ConfigError
from masking.dataset.outputs import MASK_ONLY, MESH, OVERLAY, PARAMETERS, output_paths, output_places
from masking.dataset.tree import PreparedImage, RefusedEntry, walk
from masking.pipeline.output_folder import OWNER_FILE

MOST_BYTES = 10_000_000
UNKNOWN = "unknown"


@dataclass(frozen=True)
class MaskedImage:
    """A prepared image and where what was made of it should be. As the pipeline's Item.

    path: the photo. overlay, mask_only, mesh (.obj), parameters (.npz): their files, be they there or not.
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
    for those beside the photos. reconstructor: what the masks were made with, as far as run.json tells.
    """

    photos: Path
    outputs: Path | None
    reconstructor: str

    def walk(self) -> Iterator[MaskedImage | RefusedEntry]:
        """Every prepared image, in the tree's order."""
        for entry in walk(self.photos):
            yield entry if isinstance(entry, RefusedEntry) else self._with_outputs(entry)

    def image(self, identity: str, video: str, name: str) -> MaskedImage:
        """The image of this name, be it there or not."""
        return self._with_outputs(PreparedImage(identity, video, self.photos / identity / video / name))

    def _with_outputs(self, image: PreparedImage) -> MaskedImage:
        kinds = (OVERLAY, MASK_ONLY, MESH, PARAMETERS)
        which = 0 if self.outputs else -1
        places = [output_places(kind)[which] for kind in kinds]
        overlay, mask_only, mesh, parameters = map(Path, output_paths(str(self.outputs or ""), image, places))
        return MaskedImage(image.identity, image.video, image.path, overlay, mask_only, mesh, parameters)


def open_tree(folder: Path) -> MaskedTree:
    """The tree that `folder` is, or, where it is a run's OUTPUT_FOLDER, the tree that the run masked.

    Raises ConfigError where it is neither, or the photos have gone.
    """
    if not folder.is_dir():
        raise ConfigError([f"{folder} {'is not a folder' if folder.exists() else 'does not exist'}"])
    if not os.path.lexists(folder / OWNER_FILE):
        return MaskedTree(folder, None, UNKNOWN)
    owner = _json(folder / OWNER_FILE).get("input_folder")
    photos = Path(str(owner))
    if not owner or not photos.is_dir():
        raise ConfigError([f"{folder} holds the masks of {owner or 'an unknown folder'}, which is not there"])
    models = _json(folder / "run.json").get("models")
    named = models.get("reconstructor") if isinstance(models, dict) else None
    return MaskedTree(photos, folder, str(named or UNKNOWN))


def _json(path: Path) -> dict[str, object]:
    """What the file holds; nothing where it is missing or damaged."""
    try:
        held = json.loads(safe_files.read_bytes(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return held if isinstance(held, dict) else {}
