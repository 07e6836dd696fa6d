"""Does what is drawn inside the mask follow the photo, as no rendering of a mesh does?

A face mesh is smooth, and has a few edges where the photo has some too: eyelids, lips, nose. So there is some likeness
at coarse scales, and hardly any in the fine detail and in the lowest bits. The bounds lie between what sound masks
show and what a photo shows that was laid into one; docs/promises.md has the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion

Picture = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]

MAX_CORRELATION = {0.7: 0.24, 1.5: 0.36, 3.0: 0.42, 6.0: 0.45}
"""Correlation of photo and overlay inside the mask that is still believed, by the scale in pixels."""
CLIPPED_AT = 80
"""Percentile at which contrasts are cut off for the second look: a few sharp edges of the mesh drown everything."""
MAX_CLIPPED_CORRELATION = {0.7: 0.26, 1.5: 0.40, 3.0: 0.45}
MAX_BIT_CORRELATION = 0.2
LOW_BITS, HIGH_BITS = range(4), range(3, 8)
BORDER = 2
"""Pixels along the mask's border that are left out: the render's outline."""
MIN_PIXELS = 200
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def likeness_faults(photo: Picture, overlay: Picture, region: Pixels) -> list[str]:
    """What of `overlay` follows `photo`, both (H, W, 3) uint8 RGB, inside `region` (H, W)."""
    inside = np.asarray(binary_erosion(region, iterations=BORDER))
    if np.count_nonzero(inside) < MIN_PIXELS:
        return []
    grey, drawn = photo.astype(np.float32) @ LUMA, overlay.astype(np.float32).mean(axis=2)
    return [*_scale_faults(grey, drawn, inside), *_bit_faults(photo, grey, overlay, inside)]


def likeness(grey: Floats, drawn: Floats, inside: Pixels) -> Iterator[tuple[str, float, float]]:
    """Name, correlation and bound for each scale."""
    for scale, bound in MAX_CORRELATION.items():
        first, second = (_detail(picture, inside, scale) for picture in (grey, drawn))
        yield f"at {scale:g} pixels", _correlation(first, second), bound
        if scale in MAX_CLIPPED_CORRELATION:
            clipped = _correlation(_clipped(first), _clipped(second))
            yield f"at {scale:g} pixels, strong edges apart,", clipped, MAX_CLIPPED_CORRELATION[scale]


def _scale_faults(grey: Floats, drawn: Floats, inside: Pixels) -> Iterator[str]:
    for name, found, bound in likeness(grey, drawn, inside):
        if abs(found) > bound:
            yield f"the mask follows the photo: their detail {name} correlates by {found:.2f}, sound up to {bound:g}"
            return


def bit_likeness(photo: Picture, grey: Floats, overlay: Picture, inside: Pixels) -> float:
    """The highest correlation, without its sign, of a low bit of the overlay and a high bit of the photo."""
    sources = [*np.moveaxis(photo, 2, 0), grey.astype(np.uint8)]
    high = _columns([(source >> bit) & 1 for source in sources for bit in HIGH_BITS], inside)
    low = _columns([(overlay[..., channel] >> bit) & 1 for channel in range(3) for bit in LOW_BITS], inside)
    return float(np.abs(low @ high.T).max(initial=0.0))


def _bit_faults(photo: Picture, grey: Floats, overlay: Picture, inside: Pixels) -> Iterator[str]:
    found = bit_likeness(photo, grey, overlay, inside)
    if found > MAX_BIT_CORRELATION:
        yield (
            f"the mask's lowest bits follow the photo: they correlate by {found:.2f}, sound masks' by "
            f"{MAX_BIT_CORRELATION:g}"
        )


def _columns(planes: Sequence[npt.NDArray[np.integer]], inside: Pixels) -> Floats:
    """Each plane's values inside, with mean 0 and length 1; a plane that is all the same becomes 0."""
    values = np.stack([plane[inside] for plane in planes]).astype(np.float32)
    values -= values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 1.0), dtype=np.float32)


def _detail(picture: Floats, inside: Pixels, scale: float) -> Floats:
    """What of `picture` is finer than `scale` pixels, at each pixel inside; what is outside plays no part."""
    weight = inside.astype(np.float32)
    blurred = cv2.GaussianBlur(picture * weight, (0, 0), scale)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), scale), 1e-3)
    return np.asarray((picture - blurred / share)[inside], dtype=np.float32)


def _clipped(values: Floats) -> Floats:
    bound = float(np.percentile(np.abs(values), CLIPPED_AT)) + 1e-6
    return np.clip(values, -bound, bound)


def _correlation(first: Floats, second: Floats) -> float:
    first, second = first - first.mean(), second - second.mean()
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths > 1e-3 else 0.0
