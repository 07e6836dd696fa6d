"""The kinds of image that are compared: photo, overlay, mask on white and black, and two controls made of them."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from masking.core.string_enum import StringEnum

Picture = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.bool_]

EVEN_GREY = 128
"""Paints out what a control must not show: the same in every image, so that it reveals nothing."""


class Kind(StringEnum):
    """What of an image is embedded."""

    PHOTO = "photo"
    OVERLAY = "overlay"
    MASK_WHITE = "mask_only on white"
    MASK_BLACK = "mask_only on black"
    BACKGROUND = "photo without the face"
    FACE_ALONE = "photo within the hull"


def pictures_of(photo: Picture, overlay: Picture, mask_only: Picture) -> Mapping[Kind, Picture]:
    """Every kind's picture (H, W, 3) uint8 RGB, made of the three that belong together, all of one size.

    On black, as the study has it: every value of exactly 255 in the mask becomes 0, and in no other image. A mask that
    was written on black gets its white around the hull instead. Raises ValueError where the mask shows nothing.
    """
    white, black = _on_both_backgrounds(mask_only)
    inside = hidden_region(photo, overlay, mask_only)
    return {
        Kind.PHOTO: photo,
        Kind.OVERLAY: overlay,
        Kind.MASK_WHITE: white,
        Kind.MASK_BLACK: black,
        Kind.BACKGROUND: _painted(overlay, inside),
        Kind.FACE_ALONE: _painted(photo, ~inside),
    }


def hidden_region(photo: Picture, overlay: Picture, mask_only: Picture) -> Pixels:
    """The hulls (H, W) bool, from the pictures alone: of each part that the mask draws or the overlay changes, the
    convex hull. Raises ValueError where there is none.
    """
    changed = (overlay != photo).any(axis=2) | (mask_only != _background(mask_only)).any(axis=2)
    inside = np.zeros(changed.shape, np.uint8)
    outlines, _ = cv2.findContours(changed.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        cv2.fillConvexPoly(inside, cv2.convexHull(outline), 1)
    if not inside.any():
        raise ValueError("the mask shows nothing")
    return inside.astype(bool)


def _background(mask_only: Picture) -> int:
    return 255 if np.count_nonzero(mask_only == 255) >= np.count_nonzero(mask_only == 0) else 0


def _on_both_backgrounds(mask_only: Picture) -> tuple[Picture, Picture]:
    if _background(mask_only) == 255:
        return mask_only, np.where(mask_only == 255, 0, mask_only).astype(np.uint8)
    nothing = (mask_only == 0).all(axis=2, keepdims=True)
    return np.where(nothing, 255, mask_only).astype(np.uint8), mask_only


def _painted(picture: Picture, chosen: Pixels) -> Picture:
    painted = picture.copy()
    painted[chosen] = EVEN_GREY
    return painted
