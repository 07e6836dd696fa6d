"""The last look before publishing: does each file show what its name says, and nothing of the photo in the hull?"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.errors import MeshMissesHullError, VerificationError


def check_coverage(
    rendered: npt.NDArray[np.uint8],
    foreground: npt.NDArray[np.bool_],
    inside: npt.NDArray[np.bool_],
    min_coverage: float,
) -> float:
    """Share of the hull's pixels `inside` (H, W) that the mesh's `foreground` (H, W) reaches.

    Raises MeshMissesHullError where it is below `min_coverage`, or where the picture `rendered` (H, W, 3) shows nothing
    but its white background in the hull.
    """
    size = int(np.count_nonzero(inside))
    if size == 0:
        raise MeshMissesHullError("the hull holds no pixel")
    coverage = np.count_nonzero(foreground & inside) / size
    if coverage == 0 or not (_every_channel(inside) & (rendered != 255)).any():
        raise MeshMissesHullError("the render is blank inside the hull")
    if coverage < min_coverage:
        raise MeshMissesHullError(f"the mesh reaches {coverage:.1%} of the hull, below MIN_COVERAGE = {min_coverage:g}")
    return coverage


def check_pictures(
    photo: npt.NDArray[np.uint8],
    rendered: npt.NDArray[np.uint8],
    inside: npt.NDArray[np.bool_],
    overlay: npt.NDArray[np.uint8],
    mask_only: npt.NDArray[np.uint8],
    background: int = 255,
) -> None:
    """Compare the pictures as they will stand on the disk, all (H, W, 3) uint8, with what they must show.

    Raises VerificationError where the overlay differs from the render inside the hull or from the photo outside it,
    or where mask_only differs from the render inside or from the level `background` outside.
    """
    if not photo.shape == rendered.shape == overlay.shape == mask_only.shape:
        raise VerificationError("the overlay's or the mask's size differs from the photo's")
    chosen = _every_channel(inside)
    faults = {
        "the overlay shows something else than the render inside the hull": chosen & (overlay != rendered),
        "the overlay differs from the photo outside the hull": ~chosen & (overlay != photo),
        "the mask shows something else than the render inside the hull": chosen & (mask_only != rendered),
        "the mask is not plain background outside the hull": ~chosen & (mask_only != background),
    }
    found = [fault for fault, pixels in faults.items() if pixels.any()]
    if found:
        raise VerificationError("; ".join(found))


def _every_channel(pixels: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """`pixels` (H, W) for each of three channels, (H, W, 3): broadcasting over so short an axis is slow."""
    return cv2.merge([pixels.view(np.uint8)] * 3).view(np.bool_)
