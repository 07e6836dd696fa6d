"""PNG's filters: what is stored of each row is what a guess from its neighbours leaves (W3C, PNG, 9.2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from masking.core.compilation import compiled, inlined

Bytes = npt.NDArray[np.uint8]

CHANNELS = 3
NO_FILTER, SUB, UP, AVERAGE, PAETH = range(5)


def filtered_up(picture: Bytes) -> Bytes:
    """Rows (H, 1 + N) of what the filter UP leaves of `picture` (H, N), each with its filter first."""
    rows = np.empty((len(picture), 1 + picture.shape[1]), np.uint8)
    rows[:, 0] = UP
    rows[0, 1:] = picture[0]
    np.subtract(picture[1:], picture[:-1], out=rows[1:, 1:])
    return rows


@inlined
def _paeth(left: np.int32, above: np.int32, corner: np.int32) -> np.int32:
    """Whichever of the three lies nearest to left + above - corner; the first of equally near ones."""
    to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if (to_left <= to_above) & (to_left <= to_corner):
        return left
    return above if to_above <= to_corner else corner


@inlined
def _undo_paeth(row: Bytes, above: Bytes, to: Bytes) -> None:
    # The three channels' left neighbours stay in registers; read back from `to`, they take half as long again.
    left_r = left_g = left_b = corner_r = corner_g = corner_b = np.int32(0)
    for position in range(0, len(to), CHANNELS):
        above_r, above_g, above_b = (
            np.int32(above[position]),
            np.int32(above[position + 1]),
            np.int32(above[position + 2]),
        )
        left_r = (row[position] + _paeth(left_r, above_r, corner_r)) & 255
        left_g = (row[position + 1] + _paeth(left_g, above_g, corner_g)) & 255
        left_b = (row[position + 2] + _paeth(left_b, above_b, corner_b)) & 255
        to[position], to[position + 1], to[position + 2] = left_r, left_g, left_b
        corner_r, corner_g, corner_b = above_r, above_g, above_b


@compiled("boolean(Array(uint8, 2, 'C', True), uint8[:,::1])")
def unfilter(rows: Bytes, picture: Bytes) -> bool:
    """Write the RGB `picture` (H, 3 * W) of which the filters left `rows` (H, 1 + 3 * W); False if one is unknown."""
    length = picture.shape[1]
    nothing = np.zeros(length, np.uint8)
    for number in range(len(rows)):
        kind, row, to = rows[number, 0], rows[number, 1:], picture[number]
        above = picture[number - 1] if number else nothing
        if kind == NO_FILTER:
            to[:] = row
        elif kind == UP:
            for position in range(length):
                to[position] = (np.int64(row[position]) + above[position]) & 255
        elif kind == PAETH:
            _undo_paeth(row, above, to)
        elif kind == SUB:
            to[:CHANNELS] = row[:CHANNELS]
            for position in range(CHANNELS, length):
                to[position] = (np.int64(row[position]) + to[position - CHANNELS]) & 255
        elif kind == AVERAGE:
            for position in range(length):
                left = np.int64(to[position - CHANNELS]) if position >= CHANNELS else 0
                to[position] = (row[position] + ((left + above[position]) >> 1)) & 255
        else:
            return False
    return True
