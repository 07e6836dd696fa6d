"""RingNet's three checkpoint files, as the authors publish them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from masking.core.errors import ModelFileError
from masking.core.hashing import sha256_of_file
from masking.reconstruction.model_files import RINGNET_CHECKPOINT
from masking.reconstruction.wanted_files import CHECKPOINT_NAME

__all__ = ["CHECKPOINT_NAME", "INPUT_NAME", "PARAMETERS_NAME", "VERTICES_NAME", "CheckpointFiles"]
INPUT_NAME = "input_images"
PARAMETERS_NAME = "add_2"
VERTICES_NAME = "Flamenetnormal_2/Add_9"


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of the checkpoint in `folder`. home: the user's folder, where they were laid out of it for this process
    alone.
    """

    folder: Path
    home: Path | None = None

    @property
    def prefix(self) -> Path:
        """The name that the three files share."""
        return self.folder / CHECKPOINT_NAME

    @property
    def kept_in(self) -> Path:
        """The folder beside whose files goes what is made once of the checkpoint, so that it is found again."""
        return self.home or self.folder

    @property
    def meta(self) -> Path:
        """The graph, a serialised MetaGraphDef."""
        return self._with_suffix(".meta")

    @property
    def index(self) -> Path:
        """Which variable lies where in the data."""
        return self._with_suffix(".index")

    @property
    def data(self) -> Path:
        """The variables' values."""
        return self._with_suffix(".data-00000-of-00001")

    @property
    def all(self) -> tuple[Path, Path, Path]:
        """The three files."""
        return self.meta, self.index, self.data

    @cached_property
    def sha256(self) -> dict[Path, str]:
        """The SHA-256 of each file, hexadecimal."""
        return {path: sha256_of_file(path) for path in self.all}

    @cached_property
    def fingerprint(self) -> str:
        """One SHA-256, hexadecimal, that changes with any of the three files."""
        return hashlib.sha256("".join(self.sha256.values()).encode()).hexdigest()

    def check_present(self) -> None:
        """Raise ModelFileError for the first of the three files that is missing or empty."""
        for path in self.all:
            if not path.is_file():
                raise self.error(path, "is not a file" if path.exists() else "is missing")
            if path.stat().st_size == 0:
                raise self.error(path, "is empty")

    def error(self, path: Path, problem: str) -> ModelFileError:
        """Describe what is wrong with `path`, one of the three files, and the way to mend it."""
        return ModelFileError(path, problem, RINGNET_CHECKPOINT.remedy(self.folder))

    def _with_suffix(self, suffix: str) -> Path:
        return self.folder / (CHECKPOINT_NAME + suffix)
