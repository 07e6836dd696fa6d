"""An image's landmarks as files: arrays, a table, and iBUG's points."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

TABLE_HEADER = ("image", "width", "height", "set", "face", "index", "u", "v", "x", "y", "z")


@dataclass(frozen=True)
class LandmarkSets:
    """What is known of an image's landmarks.

    image: the photo's file name. width, height: of the photo as read, upright, in pixels.
    hull: of each masked face the 81 landmarks (81, 2), pixels of it as (u, v), counted from the first pixel's centre;
    none where there is no mask. flame: FLAME's 68 (68, 3), metres, in the frame of the written meshes, where they are
    known, and flame_in_photo (68, 2) where they are seen.
    """

    image: str
    width: int
    height: int
    hull: Sequence[Points]
    flame: Points | None = None
    flame_in_photo: Points | None = None


def landmarks_npz(sets: LandmarkSets) -> bytes:
    """Arrays image, size (width, height), landmarks_81 (faces, 81, 2); where known flame_68 and flame_68_in_photo."""
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "image": np.array(sets.image),
        "size": np.array([sets.width, sets.height]),
        "landmarks_81": np.array(sets.hull, np.float64).reshape(-1, 81, 2),
    }
    if sets.flame is not None and sets.flame_in_photo is not None:
        arrays |= {"flame_68": sets.flame, "flame_68_in_photo": sets.flame_in_photo}
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def landmarks_csv(sets: LandmarkSets) -> bytes:
    """A line for each landmark; x, y and z, metres, for those in 3D only."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(TABLE_HEADER)
    writer.writerows(_rows(sets))
    return file.getvalue().encode("utf-8", "surrogateescape")


def landmarks_pts(sets: LandmarkSets) -> bytes:
    """The first masked face's 81 in the form of iBUG's files, which count pixels from 1."""
    points = sets.hull[0] if sets.hull else np.empty((0, 2))
    lines = [f"{u + 1:.6f} {v + 1:.6f}\n" for u, v in points.tolist()]
    return "".join(["version: 1\n", f"n_points: {len(points)}\n", "{\n", *lines, "}\n"]).encode("ascii")


def _rows(sets: LandmarkSets) -> Iterator[tuple[object, ...]]:
    photo = (sets.image, sets.width, sets.height)
    for face, points in enumerate(sets.hull):
        for index, (u, v) in enumerate(points.tolist()):
            yield *photo, "landmarks_81", face, index, f"{u:.6f}", f"{v:.6f}", "", "", ""
    if sets.flame is not None and sets.flame_in_photo is not None:
        for index, (place, (x, y, z)) in enumerate(zip(sets.flame_in_photo.tolist(), sets.flame.tolist(), strict=True)):
            u, v = place
            yield *photo, "flame_68", 0, index, f"{u:.6f}", f"{v:.6f}", f"{x:.6f}", f"{y:.6f}", f"{z:.6f}"
