"""How far what the pipeline wrote with `--preset original` is what the original writes, file by file."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.original.rules import BACKUP, BESIDE, COUNTS, Made, files, unpickled

Picture = npt.NDArray[np.uint8]


@dataclass
class Agreement:
    """Of all photos that were added. names: files that are there, as the original names them. unlike: what differs in
    more than numbers: a missing or further file, a shape, a type, a picture beside that isn't its backup. exact: share
    of each photo's pixels, overlay and mask together, that are equal. further: pixels more than one level off, by
    photo. hull_pixels: by which the hulls differ. obj_metres, parameters: the largest differences of numbers.
    """

    photos: int = 0
    names: int = 0
    unlike: list[str] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    further: list[int] = field(default_factory=list)
    hull_pixels: int = 0
    obj_metres: float = 0.0
    parameters: float = 0.0

    def add(self, made: Made, faces: npt.NDArray[np.integer], photo: Path, output_folder: Path) -> None:
        """Compare the files of one masked `photo` with what the original has `made` of it."""
        self.photos += 1
        stem, expected = photo.stem, files(made, faces, photo.stem)
        found: dict[str, bytes] = {}
        for name in expected:
            path = output_folder / name
            if path.is_file():
                found[name] = path.read_bytes()
        self.names += len(found)
        self._note(sorted(expected) == sorted(found), f"{stem}: {sorted(expected.keys() - found.keys())} are missing")
        for name, backup in zip(BESIDE, BACKUP[:2], strict=True):
            beside = photo.with_name(name.format(stem))
            self.names += beside.is_file()
            self._note(beside.read_bytes() == found[backup.format(stem)], f"{beside}: is not its backup")
        overlay, mask_only = self._pictures(found, stem)
        theirs = np.stack([made.overlay, made.mask_only]).astype(int)
        ours = np.stack([overlay, mask_only]).astype(int)
        self._note(ours.shape == theirs.shape, f"{stem}: the pictures' sizes differ")
        self.exact.append(float((ours == theirs).all(axis=3).mean()))
        self.further.append(int((np.abs(ours - theirs).max(axis=3) > 1).sum()))
        # Inside the hull mask and overlay are one; outside the mask is white, and the overlay the photo.
        pixels = np.array(Image.open(photo).convert("RGB"))
        outside_ours = (mask_only == 255).all(axis=2) & (overlay == pixels).all(axis=2)
        outside_theirs = (made.mask_only == 255).all(axis=2) & (made.overlay == pixels).all(axis=2)
        self.hull_pixels += int((outside_ours != outside_theirs).sum())
        self._mesh(found[f"mesh/{stem}.obj"], expected[f"mesh/{stem}.obj"], stem)
        self._numbers(unpickled(found[f"params/{stem}.npy"]), made, stem)

    def _pictures(self, found: dict[str, bytes], stem: str) -> tuple[Picture, Picture]:
        pictures = []
        for kind in ("overlay", "mask_only"):
            picture = Image.open(io.BytesIO(found[f"images/{stem}_{kind}.png"]))
            self._note((picture.format, picture.mode) == ("PNG", "RGB"), f"{stem}: {kind} is no 8-bit RGB PNG")
            array = np.load(io.BytesIO(found[f"images/{stem}{kind}.npy"]), allow_pickle=False)
            pictures.append(np.array(picture))
            self._note(array.dtype == np.uint8 and np.array_equal(array, pictures[-1]), f"{stem}: {kind}.npy differs")
        return pictures[0], pictures[1]

    def _mesh(self, ours: bytes, theirs: bytes, stem: str) -> None:
        lines, expected = ours.decode().splitlines(), theirs.decode().splitlines()
        self._note([len(line) for line in map(str.split, lines)] == [4] * len(expected), f"{stem}: other lines in .obj")
        self._note(lines[5023:] == expected[5023:], f"{stem}: other triangles in .obj")
        vertices = [np.array([line.split()[1:] for line in each[:5023]], float) for each in (lines, expected)]
        self.obj_metres = max(self.obj_metres, float(np.abs(vertices[0] - vertices[1]).max()))

    def _numbers(self, ours: object, made: Made, stem: str) -> None:
        self._note(isinstance(ours, dict) and list(ours) == list(COUNTS), f"{stem}: the parameters are no such dict")
        if not isinstance(ours, dict):
            return
        for name, count in COUNTS.items():
            numbers = ours[name]
            self._note(numbers.shape == (count,) and numbers.dtype == np.float32, f"{stem}: {name} is of another kind")
            self.parameters = max(self.parameters, float(np.abs(numbers - made.parameters[name]).max()))

    def _note(self, holds: bool, fault: str) -> None:
        if not holds:
            self.unlike.append(fault)
