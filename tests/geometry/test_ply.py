from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from masking.geometry.ply import PlyError, read_ply_triangles

VERTICES = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
FACES = [(0, 1, 2), (2, 1, 3)]


def header(form: str, *, extra: str = "", index_name: str = "vertex_indices", faces: int = 2) -> bytes:
    return (
        f"ply\nformat {form} 1.0\ncomment made by a test\nelement vertex 4\nproperty float x\nproperty float y\n"
        f"property float z\n{extra}element face {faces}\nproperty list uchar int {index_name}\nend_header\n"
    ).encode()


def ascii_ply(index_name: str = "vertex_indices") -> bytes:
    rows = [f"{x:g} {y:g} {z:g}" for x, y, z in VERTICES] + [f"3 {a} {b} {c}" for a, b, c in FACES]
    return header("ascii", index_name=index_name) + "\n".join(rows).encode() + b"\n"


def binary_ply(order: str) -> bytes:
    body = b"".join(struct.pack(f"{order}3f", *vertex) for vertex in VERTICES)
    body += b"".join(struct.pack(f"{order}B3i", 3, *face) for face in FACES)
    return header("binary_little_endian" if order == "<" else "binary_big_endian") + body


@pytest.mark.parametrize(
    "data",
    [
        ascii_ply(),
        ascii_ply("vertex_index"),
        ascii_ply().replace(b"\n", b"\r\n"),
        binary_ply("<"),
        binary_ply(">"),
    ],
    ids=["ascii", "vertex_index", "CRLF", "little", "big"],
)
def test_every_form_of_the_same_mesh(data: bytes) -> None:
    vertex_count, faces = read_ply_triangles(data)
    assert vertex_count == 4
    assert faces.dtype == np.int32
    assert faces.tolist() == [list(face) for face in FACES]


def test_vertex_colours_are_passed_over() -> None:
    rows = ["0 0 0 255"] * 4 + ["3 0 1 2"] * 2
    data = header("ascii", extra="property uchar red\n") + "\n".join(rows).encode()
    assert read_ply_triangles(data)[0] == 4


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no PLY header"),
        (b"solid stl", "no PLY header"),
        (ascii_ply().replace(b"end_header", b"end"), "no PLY header"),
        (ascii_ply().replace(b"ascii", b"morse"), "header has the line"),
        (ascii_ply().replace(b"property float x", b"property quad x"), "the type 'quad'"),
        (ascii_ply().replace(b"property float y", b"property float x"), "contradictory"),
        (ascii_ply().replace(b"vertex 4", b"vertex 9999999999"), "header has the line"),
        (binary_ply("<").replace(b"face 2", b"face 99"), "cut off among its face rows"),
        (ascii_ply().replace(b"face 2", b"face 3"), "cut off among its face rows"),
        (ascii_ply().replace(b"3 2 1 3", b"4 2 1 3 0"), "face rows are not what"),
        (ascii_ply().replace(b"3 2 1 3", b"2 2 1 3"), "not triangles"),
        (ascii_ply().replace(b"3 2 1 3", b"3 2 1 4"), "outside its 4 vertices"),
        (ascii_ply().replace(b"3 2 1 3", b"3 2 1 -1"), "outside its 4 vertices"),
        (ascii_ply("corners"), "lists 'corners'"),
        (header("ascii", faces=0) + b"0 0 0\n" * 4, "no vertex indices"),
    ],
)
def test_anything_else_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(PlyError, match=problem):
        read_ply_triangles(data)


@given(st.integers(0, 400), st.integers(0, 255))
def test_one_wrong_byte_is_read_or_refused_and_nothing_else(position: int, value: int) -> None:
    for data in (bytearray(ascii_ply()), bytearray(binary_ply("<"))):
        data[position % len(data)] = value
        try:
            read_ply_triangles(bytes(data))
        except PlyError:
            continue


def test_vertex_indices_that_are_no_list_are_refused() -> None:
    """Found by fuzzing: a number a face was taken for its triangle."""
    header = b"ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nelement face 1\n"
    content = header + b"property int vertex_indices\nend_header\n0\n1\n1\n"
    with pytest.raises(PlyError, match="list no vertex indices"):
        read_ply_triangles(content)
