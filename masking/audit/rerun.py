"""The pipeline afresh: what the photo's mask must be, made once more and compared with what is there.

The strongest check there is, and the one that costs most: about what masking cost. It finds whatever differs from a
mask of this photo: another person's, one that lies elsewhere, a photo shining through however faintly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from masking.audit.tree import MaskedImage
from masking.core.code_identity import CODE, identity
from masking.core.config import Config
from masking.core.errors import ConfigError
from masking.core.safe_files import read_bytes, temporary_folder
from masking.dataset import PreparedImage, read_image
from masking.dataset.outputs import MASK_ONLY, MESH, OVERLAY, output_locations, output_paths
from masking.masks.details import details_of
from masking.masks.status import Status

MAX_MEGAPIXELS = 178.0
OTHER_LEVELS = 16
"""Levels by which other versions of the libraries may move a pixel."""
OTHER_SHARE = 0.02
"""Share of the mask's pixels that they may move by more: at the edges of triangles."""
MAX_MESH_BYTES = 200_000_000


class Rerun:
    """Masks photos once more, into a temporary folder, and compares. Use `open_rerun`.

    exact: the code and libraries are those of the run, so that the same photo gives the same pixels.
    """

    def __init__(self, config: Config, *, exact: bool) -> None:
        from batch_helper import ImageMasker

        self._masker = ImageMasker(config)
        self._output_folder = str(config.folders.output_folder)
        self._exact = exact

    def __call__(self, masked: MaskedImage) -> Iterator[str]:
        """What of a masked image is another than it must be."""
        loose = PreparedImage("", "", masked.image.path)
        outcome = self._masker.mask(loose)
        if outcome.status != Status.MASKED:
            yield f"masked again, it gets no mask: {outcome.status}: {outcome.reason}"
            return
        faces = details_of(outcome).masked_faces
        if faces != masked.faces:
            yield f"masked again, it has {faces} masked faces, and the record says {masked.faces}"
        overlay, mask_only, mesh = output_paths(
            self._output_folder, loose, [output_locations(kind)[0] for kind in (OVERLAY, MASK_ONLY, MESH)]
        )
        for what, path, found in (("overlay", overlay, masked.overlay), ("mask", mask_only, masked.mask_only)):
            yield from self._difference(what, read_image(Path(path), MAX_MEGAPIXELS), found)
        yield from self._mesh_difference(Path(mesh), masked.files.path(masked.image, MESH))

    def _difference(self, what: str, made: npt.NDArray[np.uint8], found: npt.NDArray[np.uint8]) -> Iterator[str]:
        if made.shape != found.shape:
            yield f"masked again, the {what} has another size"
            return
        by = np.abs(made.astype(np.int16) - found).max(axis=2)
        other = np.count_nonzero(by > (0 if self._exact else OTHER_LEVELS))
        allowed = 0.0 if self._exact else OTHER_SHARE * int(np.count_nonzero((made != 255).any(axis=2)))
        if other > allowed:
            yield f"masked again, the {what} differs at {other} pixels, by up to {by.max()} levels"

    def _mesh_difference(self, made: Path, found: Path) -> Iterator[str]:
        if not (self._exact and made.is_file() and found.is_file()):
            return
        if read_bytes(made, MAX_MESH_BYTES) != read_bytes(found, MAX_MESH_BYTES):
            yield f"masked again, {found.name} is another mesh"


@contextmanager
def open_rerun(facts: Mapping[str, Any], input_folder: Path) -> Iterator[Rerun]:
    """A Rerun with the settings in run.json's `facts`, or the defaults where there are none.

    Raises ConfigError where they are not this version's, and ModelFileError where a model is missing.
    """
    with temporary_folder("masking-audit-") as temporary:
        configuration = facts.get("configuration", {})
        parts = dict(configuration) if isinstance(configuration, Mapping) else {}
        parts["folders"] = {"input_folder": input_folder, "output_folder": temporary}
        try:
            config = Config.model_validate(parts)
        except ValidationError as error:
            problem = f"run.json holds {error.error_count()} settings that this version doesn't know"
            raise ConfigError([problem]) from error
        yield Rerun(config, exact=not facts or _made_by(facts) == dict(identity()))


def _made_by(facts: Mapping[str, Any]) -> dict[str, Any]:
    libraries, fingerprints = facts.get("libraries", {}), facts.get("fingerprints", {})
    if not isinstance(libraries, Mapping) or not isinstance(fingerprints, Mapping):
        return {}
    return {**libraries, CODE: fingerprints.get("code")}
