"""The triangles of a PLY file, ascii or binary, strictly and within the file's own size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

_TYPES = {
    "char": "i1",
    "int8": "i1",
    "uchar": "u1",
    "uint8": "u1",
    "short": "i2",
    "int16": "i2",
    "ushort": "u2",
    "uint16": "u2",
    "int": "i4",
    "int32": "i4",
    "uint": "u4",
    "uint32": "u4",
    "float": "f4",
    "float32": "f4",
    "double": "f8",
    "float64": "f8",
}
_BYTE_ORDERS = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}
_INDEX_NAMES = ("vertex_indices", "vertex_index")
MAX_HEADER_BYTES = 65_536


class PlyError(ValueError):
    """The file is not a PLY mesh of triangles. The message continues a sentence."""


@dataclass
class _Element:
    name: str
    count: int
    fields: list[tuple[Any, ...]] = field(default_factory=list)
    list_names: set[str] = field(default_factory=set)

    def row_type(self, byte_order: str) -> np.dtype[Any]:
        try:
            return np.dtype([(name, byte_order + code, *shape) for name, code, *shape in self.fields])
        except ValueError as error:
            raise PlyError(f"its header is contradictory: {error}") from error


def read_ply_triangles(data: bytes) -> tuple[int, npt.NDArray[np.int32]]:
    """Return the vertex count and faces (F, 3) int32 of a PLY file's bytes. Raises PlyError if it is anything else."""
    byte_order, elements, body = _read_header(data)
    rows = _ascii_rows(elements, body) if byte_order == "=" else _binary_rows(elements, body, byte_order)
    if "vertex" not in rows or "face" not in rows:
        raise PlyError("it has no vertices or no faces")
    vertex_count = len(rows["vertex"])
    faces = next((rows["face"][name] for name in _INDEX_NAMES if name in (rows["face"].dtype.names or ())), None)
    if faces is None or faces.dtype.kind not in "iu" or faces.ndim != 2 or not len(faces):
        raise PlyError("its faces list no vertex indices")
    if faces.min() < 0 or faces.max() >= vertex_count:
        raise PlyError(f"its faces point outside its {vertex_count} vertices")
    return vertex_count, faces.astype(np.int32)


def _read_header(data: bytes) -> tuple[str, list[_Element], bytes]:
    end = data[:MAX_HEADER_BYTES].find(b"end_header")
    line_end = data.find(b"\n", end)
    if not data.startswith(b"ply") or end < 0 or line_end < 0:
        raise PlyError("it has no PLY header")
    byte_order, elements = None, list[_Element]()
    for line in data[:end].decode("ascii", errors="replace").splitlines()[1:]:
        match line.split():
            case ["format", name, "1.0"] if name in _BYTE_ORDERS:
                byte_order = _BYTE_ORDERS[name]
            case ["element", name, count] if count.isdigit() and int(count) <= len(data):
                elements.append(_Element(name, int(count)))
            case ["property", "list", count_type, item_type, name] if elements:
                _add_triangle_list(elements[-1], _code(count_type), _code(item_type), name)
            case ["property", value_type, name] if elements:
                elements[-1].fields.append((name, _code(value_type)))
            case [] | ["comment" | "obj_info", *_]:
                continue
            case _:
                raise PlyError(f"its header has the line {line[:60]!r}")
    if byte_order is None:
        raise PlyError("its header names no format")
    return byte_order, elements, data[line_end + 1 :]


def _code(name: str) -> str:
    if name not in _TYPES:
        raise PlyError(f"its header has the type {name[:20]!r}")
    return _TYPES[name]


def _add_triangle_list(element: _Element, count_code: str, item_code: str, name: str) -> None:
    if element.name != "face" or name not in _INDEX_NAMES:
        raise PlyError(f"it has lists {name[:20]!r}, which a mesh of triangles doesn't need")
    element.fields += [(f"{name} count", count_code), (name, item_code, 3)]
    element.list_names.add(f"{name} count")


def _binary_rows(elements: list[_Element], body: bytes, byte_order: str) -> dict[str, npt.NDArray[Any]]:
    rows, offset = {}, 0
    for element in elements:
        row_type = element.row_type(byte_order)
        size = element.count * row_type.itemsize
        if offset + size > len(body):
            raise PlyError(f"it is cut off among its {element.name} rows")
        rows[element.name] = np.frombuffer(body, row_type, element.count, offset) if size else np.empty(0)
        _check_counts(element, rows[element.name])
        offset += size
    return rows


def _ascii_rows(elements: list[_Element], body: bytes) -> dict[str, npt.NDArray[Any]]:
    lines = body.split(b"\n")
    rows, offset = {}, 0
    for element in elements:
        row_type = element.row_type("=")
        text = lines[offset : offset + element.count]
        offset += element.count
        try:
            rows[element.name] = np.loadtxt(text, row_type, ndmin=1) if text and row_type.names else np.empty(0)
        except ValueError as error:
            raise PlyError(f"its {element.name} rows are not what its header says: {error}") from error
        if len(rows[element.name]) != element.count:
            raise PlyError(f"it is cut off among its {element.name} rows")
        _check_counts(element, rows[element.name])
    return rows


def _check_counts(element: _Element, rows: npt.NDArray[Any]) -> None:
    for name in element.list_names:
        if len(rows) and (rows[name] != 3).any():
            raise PlyError("it has faces that are not triangles")
