"""The last look before publishing: does each file show what its name says, and nothing of the photo in the hull?"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled
from masking.core.errors import MeshMissesHullError, VerificationError

Picture = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.bool_]


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
    white = cv2.inRange(rendered, (255, 255, 255), (255, 255, 255)).view(np.bool_)
    if coverage == 0 or not (inside & ~white).any():
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
    """Compare the pictures as they will be on the disk, all (H, W, 3) uint8, with what they must show.

    Raises VerificationError where the overlay differs from the render inside the hull or from the photo outside it,
    or where mask_only differs from the render inside or from the level `background` outside.
    """
    if not photo.shape == rendered.shape == overlay.shape == mask_only.shape:
        raise VerificationError("the overlay's or the mask's size differs from the photo's")
    plain = np.full(photo.shape, background, np.uint8)
    faults = {
        "the overlay shows something other than the render inside the hull": _differ(overlay, rendered, inside),
        "the overlay differs from the photo outside the hull": _differ(overlay, photo, ~inside),
        "the mask shows something other than the render inside the hull": _differ(mask_only, rendered, inside),
        "the mask is not plain background outside the hull": _differ(mask_only, plain, ~inside),
    }
    if found := [fault for fault, is_there in faults.items() if is_there]:
        raise VerificationError("; ".join(found))


def _differ(picture: Picture, expected: Picture, chosen: Pixels) -> bool:
    differences = np.zeros(3 * chosen.shape[1], np.uint8)
    seen, due = (np.ascontiguousarray(each).reshape(len(chosen), -1) for each in (picture, expected))
    _gather_differences(seen, due, np.ascontiguousarray(chosen), differences)
    return bool(differences.any())


@compiled("void(Array(uint8, 2, 'C', True), Array(uint8, 2, 'C', True), boolean[:,::1], uint8[::1])")
def _gather_differences(picture: Picture, expected: Picture, chosen: Pixels, differences: Picture) -> None:
    """Set in `differences` (3 * W,) all bits in which `picture` and `expected`, both (H, 3 * W), differ where `chosen`
    (H, W).
    """
    everywhere = np.empty(picture.shape[1], np.uint8)
    for row in range(len(picture)):
        for column in range(chosen.shape[1]):
            bits = np.uint8(255) if chosen[row, column] else np.uint8(0)
            everywhere[3 * column] = everywhere[3 * column + 1] = everywhere[3 * column + 2] = bits
        # A loop of its own, over bytes alone, which the compiler turns into vector instructions.
        for position in range(picture.shape[1]):
            differences[position] |= (picture[row, position] ^ expected[row, position]) & everywhere[position]
