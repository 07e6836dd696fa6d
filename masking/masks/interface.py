"""Masking from Python: one photo in memory, or a tree as the command masks it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from masking.core.config import Config, Setting, load_config, settings_by_key
from masking.core.process import set_up_process
from masking.masks.photo_masker import PhotoMasker
from masking.masks.stage import MaskStage
from masking.pipeline.outcome import Outcome
from masking.pipeline.run import Listener, RunOptions, RunResult, run_stage
from masking.reconstruction.base import Reconstruction

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class MaskResult:
    """A masked photo.

    overlay, mask_only: (H, W, 3) uint8 RGB, the photo's size: the mask over the photo, and alone on the background.
    inside: (H, W) bool, where the mask is. landmarks: (81, 2) float64, pixels as (u, v), of the first face.
    mesh: its vertices in metres, triangles, and the camera that lays them over the photo.
    coverage: share of the landmarks' hull that the mesh reaches, 0 to 1. score: how confident the face mesh network
    is that it sees a face, 0 to 1.
    all_landmarks: of every masked face, the largest first; several with SEVERAL_FACES = all. other_faces: how many
    faces can still be seen; some with SEVERAL_FACES = largest. survivor_score: how much what most looks like a
    face beside the masks looks like one, 0 to 1.
    """

    overlay: Picture
    mask_only: Picture
    inside: npt.NDArray[np.bool_]
    landmarks: npt.NDArray[np.float64]
    mesh: Reconstruction
    coverage: float
    score: float
    all_landmarks: tuple[npt.NDArray[np.float64], ...]
    other_faces: int
    survivor_score: float


class Masker:
    """Masks photos in memory; no file is written. Loads its models once.

    settings: any key of the INI in lower case, as `reconstructor="facemesh"`, `several_faces="largest"`.
    config: an INI file whose settings hold where `settings` say nothing else.
    Raises ConfigError for an unknown setting, ModelFileError or MissingPackageError where a model can't be loaded.
    """

    def __init__(self, config: str | os.PathLike[str] | None = None, **settings: Setting) -> None:
        set_up_process()
        self._masker = PhotoMasker(_configuration(config, settings))

    def mask(self, photo: Picture) -> MaskResult:
        """Mask `photo` (H, W, 3) uint8 RGB.

        Raises an ItemError that says why where no mask can be proven: NoFaceError, SeveralFacesError,
        LowConfidenceError, FitUnprovenError, MeshMissesHullError. ValueError where `photo` is no such array.
        """
        photo = np.asarray(photo)
        if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or not photo.size:
            raise ValueError(f"a photo is (height, width, 3) uint8 RGB, this is {photo.shape} {photo.dtype}")
        masked = self._masker.mask(np.ascontiguousarray(photo))
        landmarks = tuple(masked.landmarks)
        return MaskResult(
            overlay=masked.overlay,
            mask_only=masked.mask_only,
            inside=masked.inside,
            landmarks=landmarks[0],
            mesh=masked.reconstruction,
            coverage=masked.coverage,
            score=masked.score,
            all_landmarks=landmarks,
            other_faces=masked.other_faces,
            survivor_score=masked.survivor_score,
        )


def mask_tree(
    input_folder: str | os.PathLike[str],
    output_folder: str | os.PathLike[str],
    config: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    verify: bool = False,
    progress: bool = False,
    on_outcome: Callable[[Outcome], None] | None = None,
    **settings: Setting,
) -> RunResult:
    """Mask INPUT_FOLDER/<identity>/<video>/*_prep.png as `batch_process.py` does: masks beside the photos, and backup
    and records in `output_folder`. Only what is new, changed or has failed is done, unless `force`.

    config, settings: as Masker; `workers=8` uses eight processes, which takes a script that guards what it does by
    `if __name__ == "__main__":`. verify: compare contents with the journal. progress: show a bar on standard error.
    on_outcome: called with each outcome in the tree's order.
    Raises ConfigError, EmptyTreeError, LockedError and other MaskingErrors where the command would end with an error;
    an image that gets no mask raises nothing, and is counted.
    """
    folders = {"input_folder": input_folder, "output_folder": output_folder}
    configuration = _configuration(config, {**folders, **settings}, check_folders=True)
    options = RunOptions(force=force, verify=verify, progress=progress)
    listener = Listener(outcome=on_outcome) if on_outcome else Listener()
    return run_stage(MaskStage(), configuration, options, listener)


def _configuration(
    ini_file: str | os.PathLike[str] | None, settings: dict[str, Setting], *, check_folders: bool = False
) -> Config:
    given = {"input_folder": ".", "output_folder": "."} if not check_folders and ini_file is None else {}
    overrides = settings_by_key({**given, **settings})
    return load_config(Path(ini_file) if ini_file is not None else None, overrides, check_folders=check_folders)
