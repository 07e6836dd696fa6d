"""What is fuzzed: each target reads bytes as a file's content, and may only return something right or refuse it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse

from masking.core.errors import UnreadableImageError
from masking.dataset.images import decode_image
from masking.geometry.ply import PlyError, read_ply_triangles
from masking.reconstruction.flame.pickle_limits import RefusedPickleError
from masking.reconstruction.flame.texture_data import read_npy_dict, texture_data_of
from masking.reconstruction.flame.unpickling import unpickle_arrays

MAX_MEGAPIXELS = 1.0
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
PLAIN_TYPES = (type(None), bool, int, float, str, bytes, bytearray, np.ndarray, np.generic, np.dtype)
ACTIONS = ("os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pickle.find_class")
"""Beginnings of the audit events of code that does something to the world; reading arrays raises none of them."""


class BrokenPromiseError(AssertionError):
    """A reader returned what it must never return, or did something besides reading."""


def image(content: bytes) -> None:
    """A photo is (H, W, 3) uint8 within the bound on its pixels, or unreadable."""
    try:
        picture = decode_image(content, MAX_MEGAPIXELS)
    except UnreadableImageError:
        return
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise BrokenPromiseError(f"a picture of {picture.dtype} and shape {picture.shape}")
    if picture.shape[0] * picture.shape[1] > MAX_MEGAPIXELS * 1e6:
        raise BrokenPromiseError(f"{picture.shape[1]} x {picture.shape[0]} pixels were decoded")


def pickled_arrays(content: bytes) -> None:
    """A pickle becomes plain values and arrays, without anything being done, or is refused."""
    with _nothing_is_done():
        try:
            value = unpickle_arrays(content)
        except RefusedPickleError:
            return
    _check_plain(value, set())


def ply(content: bytes) -> None:
    """A mesh's triangles point at its vertices, or it is refused."""
    try:
        vertex_count, faces = read_ply_triangles(content)
    except PlyError:
        return
    if faces.dtype != np.int32 or faces.ndim != 2 or faces.shape[1] != 3:
        raise BrokenPromiseError(f"faces of {faces.dtype} and shape {faces.shape}")
    if faces.min() < 0 or faces.max() >= vertex_count:
        raise BrokenPromiseError(f"faces up to {faces.max()} of {vertex_count} vertices")


def npy(content: bytes) -> None:
    """Texture data point into the texture and at the mesh, or are refused."""
    with _nothing_is_done():
        try:
            data = texture_data_of(read_npy_dict(content), TRIANGLES)
        except RefusedPickleError:
            return
    for places, end in ((data.rows, data.size), (data.columns, data.size), (data.corners, 4)):
        if len(places) and not 0 <= places.min() <= places.max() < end:
            raise BrokenPromiseError(f"places {places.min()} to {places.max()}, of {end}")
    if not np.isfinite(data.weights).all():
        raise BrokenPromiseError("weights that are not finite")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "image": image,
    "pickled_arrays": pickled_arrays,
    "ply": ply,
    "npy": npy,
}


def _check_plain(value: Any, seen: set[int]) -> None:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(key, seen)
            _check_plain(item, seen)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            _check_plain(item, seen)
    elif isinstance(value, np.ndarray) and value.dtype.hasobject:
        raise BrokenPromiseError("an array of objects came out of a pickle")
    elif not isinstance(value, PLAIN_TYPES) and not sparse.issparse(value):
        raise BrokenPromiseError(f"a {type(value).__name__} came out of a pickle")


_watching = False


def _on_audit_event(event: str, _: tuple[object, ...]) -> None:
    if _watching and event.startswith(ACTIONS):
        raise BrokenPromiseError(f"reading led to {event}")


sys.addaudithook(_on_audit_event)


@contextmanager
def _nothing_is_done() -> Iterator[None]:
    global _watching
    _watching = True
    try:
        yield
    finally:
        _watching = False
