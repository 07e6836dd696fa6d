"""What a photo, its overlay and its mask show when they are laid over one another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion, binary_fill_holes, label
from scipy.spatial import ConvexHull, QhullError

from masking.audit.statistics import likeness_faults

SMALLEST_SHARE = 0.005
"""Share of the picture below which a mask hides nothing that deserves the name of a face."""
LEAK_SIDE = 4
"""Side in pixels of a square in which overlay and photo agree by no chance."""
SMALLEST_PART = 0.01
"""Share of the drawn pixels below which a part of the mask is a crumb at its edge."""
MAX_ELONGATED = 1.75
"""Length over breadth: of 400 masks of one face 1.05 to 1.28, of what is left above bare eyes 1.92 and more."""
COLOR_TOLERANCE = 1.5
"""Levels by which rounding moves a rendered pixel off the one colour that the mesh has."""

Picture = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.bool_]


def picture_faults(photo: Picture, overlay: Picture, mask_only: Picture, faces: int = 1) -> list[str]:
    """What is wrong with `overlay` and `mask_only` as masks of `photo`, all (H, W, 3) uint8 RGB; empty if nothing is.

    The masked region is taken from the pictures alone: the convex hull of all pixels that the mask draws. Where several
    `faces` were masked, it is the hull of each part; where hulls touch, it is what the mask draws, and what that
    encloses. In it the overlay must be the mask's picture, one colour in lighter and darker, and nowhere the photo's,
    nor anything that follows the photo; outside it the overlay must be the photo, or white where a gap of the render
    touches the hull's border.
    """
    if not photo.shape == overlay.shape == mask_only.shape:
        return [f"sizes differ: photo {photo.shape}, overlay {overlay.shape}, mask {mask_only.shape}"]
    drawn = (mask_only != _background(mask_only)).any(axis=2)
    if drawn.mean() < SMALLEST_SHARE:
        return ["the mask is blank, or nearly so"]
    if np.array_equal(overlay, photo):
        return ["the overlay is the photo"]
    region, odd_parts = _region(drawn, faces)
    if region is None:
        return ["the mask spans no area"]
    is_white, is_photo = (overlay == 255).all(axis=2), (overlay == photo).all(axis=2)
    is_mask = (overlay == mask_only).all(axis=2) | (is_white & ~drawn)
    counts = {
        "pixels inside the masked region are not the render's": np.count_nonzero(region & ~is_mask),
        "pixels outside the masked region are not the photo's": np.count_nonzero(~region & ~is_photo & ~is_white),
        "pixels of the render are of another colour": np.count_nonzero(_off_color(mask_only[drawn])),
        "pixels inside the masked region show the photo": np.count_nonzero(_leaks(region & is_photo & ~is_white)),
    }
    found = [f"{count} {fault}" for fault, count in counts.items() if count]
    return [*odd_parts, *found, *likeness_faults(photo, overlay, region & drawn)]


def _region(drawn: Pixels, faces: int) -> tuple[Pixels | None, list[str]]:
    """Where the faces are hidden, (H, W), and what is odd about its parts."""
    if faces == 1:
        return _hull_of(drawn), []
    numbered, count = label(binary_fill_holes(drawn), np.ones((3, 3)))
    parts = [numbered == number for number in range(1, count + 1)]
    large = [part for part in parts if part.sum() >= SMALLEST_PART * drawn.sum()]
    odd = []
    if len(large) > faces:
        odd.append(f"the mask has {len(large)} parts, and {faces} faces were masked")
    if bands := sum(_elongation(part) > MAX_ELONGATED for part in large):
        odd.append(f"{bands} of the mask's {len(large)} parts are bands, not faces")
    region = np.asarray(binary_fill_holes(drawn))
    if len(large) == faces:
        for part in large:
            hull = _hull_of(part & drawn)
            region |= part if hull is None else hull
    return region, odd


def _elongation(part: Pixels) -> float:
    """How much longer than broad it is."""
    spread = np.linalg.eigvalsh(np.cov(np.argwhere(part).T))
    return float(np.sqrt(max(spread[1], 1e-9) / max(spread[0], 1e-9)))


def _background(mask_only: Picture) -> int:
    corners = mask_only[[0, 0, -1, -1], [0, -1, 0, -1]]
    return 0 if np.count_nonzero(corners == 0) > np.count_nonzero(corners == 255) else 255


def _hull_of(drawn: Pixels) -> Pixels | None:
    rows, columns = np.nonzero(drawn)
    points = np.column_stack([rows, columns])
    try:
        corners = points[ConvexHull(points).vertices]
    except QhullError:
        return None
    return _inside_all_edges(corners.astype(np.int64), drawn.shape)


def _inside_all_edges(corners: npt.NDArray[np.int64], shape: tuple[int, ...]) -> Pixels:
    """Pixels of a picture of `shape` that lie left of or on every edge between `corners` (N, 2), as (row, column), in
    counterclockwise order. In whole numbers, so nothing is rounded.
    """
    row, column = np.ogrid[: shape[0], : shape[1]]
    region = np.ones(shape, dtype=bool)
    for (from_row, from_column), (to_row, to_column) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        region &= (to_row - from_row) * (column - from_column) >= (to_column - from_column) * (row - from_row)
    return region


def _off_color(pixels: Picture) -> Pixels:
    """Which of the drawn `pixels` (N, 3) are not the mesh's one colour, lighter or darker or saturated."""
    values = pixels.astype(np.float64)
    inner = values[(pixels < 255).all(axis=1)]
    if len(inner) == 0:
        return np.zeros(len(pixels), dtype=bool)
    color = np.median(inner, axis=0)
    color /= max(color.max(), 1e-9)
    brightness = values.max(axis=1, keepdims=True)
    expected = np.minimum(brightness * color, 255)
    return np.asarray((np.abs(values - expected) > COLOR_TOLERANCE).any(axis=1) & (pixels < 255).all(axis=1))


def _leaks(same: Pixels) -> Pixels:
    """Pixels (H, W) around which a whole square is the `same` (H, W) in overlay and photo."""
    return np.asarray(binary_erosion(same, np.ones((LEAK_SIDE, LEAK_SIDE), dtype=bool)))
