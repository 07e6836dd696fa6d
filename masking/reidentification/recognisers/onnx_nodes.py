"""The names of an ONNX file's first nodes: by which insightface recognises how a network wants its pixels scaled.

Only as much of the protocol buffer's form is read as that takes (ModelProto.graph is field 7, GraphProto.node field 1,
NodeProto.name field 3), so that no further package is needed for it.
"""

from __future__ import annotations

from collections.abc import Iterator

GRAPH, NODE, NAME = 7, 1, 3
VARINT, FIXED_64, LENGTH, FIXED_32 = 0, 1, 2, 5
LONGEST_VARINT = 10


def first_node_names(content: bytes, count: int) -> list[str]:
    """The names of the first `count` nodes. Raises ValueError where `content` is not such a file."""
    names: list[str] = []
    view = memoryview(content)
    for graph in _fields(view, GRAPH):
        for node in _fields(graph, NODE):
            names.append("".join(bytes(name).decode("utf-8", "replace") for name in _fields(node, NAME)))
            if len(names) == count:
                return names
    return names


def _fields(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The contents of all of a message's fields of this number that have a length."""
    offset = 0
    while offset < len(message):
        key, offset = _varint(message, offset)
        kind = key & 7
        if kind == LENGTH:
            length, offset = _varint(message, offset)
            if offset + length > len(message):
                raise ValueError("the file ends within a field")
            if key >> 3 == wanted:
                yield message[offset : offset + length]
            offset += length
        elif kind == VARINT:
            _, offset = _varint(message, offset)
        elif kind in (FIXED_64, FIXED_32):
            offset += 8 if kind == FIXED_64 else 4
        else:
            raise ValueError(f"a field of the unknown kind {kind}")


def _varint(message: memoryview, offset: int) -> tuple[int, int]:
    value = 0
    for position in range(LONGEST_VARINT):
        if offset + position >= len(message):
            raise ValueError("the file ends within a number")
        byte = message[offset + position]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return value, offset + position + 1
    raise ValueError("a number of more than ten bytes")
