"""The outputs other than pictures: does each hold what its kind holds, and nothing else?"""

from __future__ import annotations

import ast
import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator

import numpy as np

from masking.dataset.outputs import (
    MASK_ONLY_ARRAY,
    MESH,
    NEUTRAL_MESH,
    OVERLAY_ARRAY,
    PARAMETERS,
    PARAMETERS_DICT,
    RETIRED,
    TEXTURE_MATERIAL,
    TEXTURED_MESH,
    OutputKind,
)

NUMBER = rb"-?[0-9]{1,6}\.[0-9]{6}"
OBJ = re.compile(rb"(?:v(?: " + NUMBER + rb"){3}\n)+(?:f [0-9]+ [0-9]+ [0-9]+\n)+")
ANY_NUMBER = rb"-?[0-9]{1,6}(?:\.[0-9]{1,8})?"
TEXTURED_OBJ = re.compile(
    rb"(?:(?:mtllib|usemtl) [^\n]{1,300}\n|(?:v|vt)(?: " + ANY_NUMBER + rb"){2,3}\n|f(?: [0-9]+/[0-9]+){3}\n)+"
)
MAX_MATERIAL_BYTES = 1000
PARAMETER_SIZES = {"cam": 3, "score": 1, "pose": 6, "shape": 100, "expression": 50}
MAX_PICKLED_BYTES = 20_000
ZIP_HEADER, ZIP_DIRECTORY_ENTRY, ZIP_END = 30, 46, 22
ZIP_LONG_SIZES = b"\x01\x00\x10\x00"
"""What NumPy reserves for sizes beyond 4 GB."""


def side_file_faults(kind: OutputKind, content: bytes) -> Iterator[str]:
    """What in the `content` of a file of this kind is not what the kind holds."""
    check = CHECKS.get(kind)
    if check is not None:
        yield from check(content)


def _mesh_faults(content: bytes) -> Iterator[str]:
    if not OBJ.fullmatch(content):
        yield "holds lines that are neither vertices nor triangles, or numbers of another form"
        return
    vertices = content.count(b"v ")
    corners = np.array(re.findall(rb"[0-9]+", content[content.index(b"\nf ") :]), dtype=np.int64)
    if corners.min() < 1 or corners.max() > vertices:
        yield "has triangles of vertices that are not there"
    elif len(np.unique(corners)) < vertices:
        yield f"has {vertices - len(np.unique(corners)):,} vertices that no triangle uses"


def _textured_mesh_faults(content: bytes) -> Iterator[str]:
    if not TEXTURED_OBJ.fullmatch(content):
        yield "holds lines that no textured mesh has"


def _material_faults(content: bytes) -> Iterator[str]:
    if len(content) > MAX_MATERIAL_BYTES or (not content.isascii() and b"\0" in content):
        yield "holds more than a material"


def _array_faults(content: bytes) -> Iterator[str]:
    header, _ = _npy_header(content)
    if header is None or header.get("descr") != "|u1" or len(content) != _npy_size(content, header):
        yield "is not one array of 8-bit pixels"


def _npy_header(content: bytes) -> tuple[dict[str, object] | None, int]:
    """The header of an .npy file, and where its numbers begin."""
    try:
        if not content.startswith(b"\x93NUMPY\x01\x00"):
            return None, 0
        (length,) = struct.unpack_from("<H", content, 8)
        header = ast.literal_eval(content[10 : 10 + length].decode("latin-1"))
        return (header, 10 + length) if isinstance(header, dict) else (None, 0)
    except (ValueError, SyntaxError, struct.error, MemoryError, RecursionError):
        return None, 0


def _npy_size(content: bytes, header: dict[str, object]) -> int:
    shape = header.get("shape")
    if not isinstance(shape, tuple) or not all(isinstance(side, int) for side in shape):
        return -1
    item = np.dtype(str(header.get("descr"))).itemsize
    return _npy_header(content)[1] + item * int(np.prod(shape, dtype=np.int64))


def _parameter_faults(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            sizes = {entry.filename.removesuffix(".npy"): entry for entry in entries}
            if archive.comment or not sizes.keys() <= PARAMETER_SIZES.keys() or len(sizes) != len(entries):
                yield "has arrays other than a reconstruction's, or more than arrays"
                return
            for name, entry in sizes.items():
                if entry.extra or entry.comment or entry.file_size > 128 + 8 * PARAMETER_SIZES[name]:
                    yield f"holds more under {name} than its {PARAMETER_SIZES[name]} numbers"
            accounted = ZIP_END + sum(_bytes_of_entry(content, entry) for entry in entries)
            if len(content) != accounted:
                yield f"carries {len(content) - accounted:,} bytes that belong to none of its arrays"
    except (zipfile.BadZipFile, ValueError, struct.error):
        yield "is not an archive of arrays"


def _bytes_of_entry(content: bytes, entry: zipfile.ZipInfo) -> int:
    """What an array takes of an archive: its two headers, its name twice, and itself."""
    name, extra = struct.unpack_from("<HH", content, entry.header_offset + 26)
    start = entry.header_offset + ZIP_HEADER + name
    long_sizes = content[start : start + extra] if content[start : start + 4] == ZIP_LONG_SIZES and extra == 20 else b""
    return int(ZIP_HEADER + ZIP_DIRECTORY_ENTRY + 2 * name + len(long_sizes) + entry.compress_size)


def _pickled_parameter_faults(content: bytes) -> Iterator[str]:
    # What runs code when it is unpickled is not unpickled here.
    if len(content) > MAX_PICKLED_BYTES:
        yield f"has {len(content):,} bytes, more than a reconstruction's numbers need"


CHECKS: dict[OutputKind, Callable[[bytes], Iterator[str]]] = {
    MESH: _mesh_faults,
    NEUTRAL_MESH: _mesh_faults,
    TEXTURED_MESH: _textured_mesh_faults,
    TEXTURE_MATERIAL: _material_faults,
    OVERLAY_ARRAY: _array_faults,
    MASK_ONLY_ARRAY: _array_faults,
    PARAMETERS: _parameter_faults,
    PARAMETERS_DICT: _pickled_parameter_faults,
}
CHECKS |= {RETIRED[kind]: check for kind, check in CHECKS.items() if kind in RETIRED}
