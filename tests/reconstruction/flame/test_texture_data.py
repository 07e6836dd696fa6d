from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masking.core.downloads import FoundFile
from masking.core.errors import ModelFileError
from masking.reconstruction.flame.pickle_limits import RefusedPickleError
from masking.reconstruction.flame.texture_data import load_texture_data, read_npy_dict, unwrap
from tests.lookalikes.head import head
from tests.lookalikes.python2_pickle import Raw, python2_npy
from tests.lookalikes.texels import ONE_TEXEL

FACES = np.array([[0, 1, 2]], np.int32)


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "texture_data_512.npy"
    path.write_bytes(python2_npy(ONE_TEXEL | changes))
    return path


def test_a_texels_place_and_point_on_the_mesh(tmp_path: Path) -> None:
    data = load_texture_data(FoundFile(write(tmp_path)), FACES)
    assert (data.size, data.rows.tolist(), data.columns.tolist()) == (2, [1], [0])
    assert (data.corners.tolist(), data.weights.tolist()) == ([[0, 1, 2]], [[0.2, 0.3, 0.5]])


def test_lists_that_stand_as_columns(tmp_path: Path) -> None:
    data = load_texture_data(FoundFile(write(tmp_path, valid_pixel_ids=np.array([[2]]))), FACES)
    assert data.rows.tolist() == [1]


def test_texture_data_of_flames_size(flame_folder: Path) -> None:
    data = load_texture_data(FoundFile(flame_folder / "texture_data_512.npy"), head().faces)
    assert data.size == 512
    assert len(data.rows) > 100_000
    assert data.texture_faces.shape == (9976, 3)
    np.testing.assert_allclose(data.weights.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"img_size": 10**8}, "img_size is 100000000"),
        ({"vt": None}, "no array vt"),
        ({"x_coords": np.array([np.nan] * 4)}, "no array x_coords of finite numbers"),
        ({"x_coords": np.array([0.0, 1, 2, 1])}, "x_coords leaves the range 0 to 1"),
        ({"valid_pixel_ids": np.array([4])}, "valid_pixel_ids leaves the range"),
        ({"valid_pixel_ids": np.array([-1])}, "valid_pixel_ids leaves the range"),
        ({"valid_pixel_3d_faces": np.array([[0, 1, 3]])}, "valid_pixel_3d_faces leaves the range"),
        ({"ft": np.array([[0, 1, 3]])}, "ft leaves the range"),
        ({"ft": np.array([[0, 1, 2]] * 2)}, r"ft has the shape \(2, 3\), not that of this mesh"),
        ({"vt": Raw(b"cposix\nsystem\n(U\x04truetR")}, "names 'posix.system'"),
    ],
)
def test_what_is_not_texture_data_of_this_mesh_is_refused(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ModelFileError, match=problem) as caught:
        load_texture_data(FoundFile(path), FACES)
    assert "FLAME_texture_data.zip" in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY\x01\x00\x10\x00",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"PK\x03\x04 an npz",
        python2_npy({})[:90],
    ],
)
def test_what_is_not_an_npy_of_a_dict_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a \.npy file|damaged"):
        read_npy_dict(data)


def test_an_npy_of_numbers_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(ValueError, match="not a dict"):
        read_npy_dict((tmp_path / "a.npy").read_bytes())


def test_unwrapping_finds_the_texels_in_a_triangle() -> None:
    # The lower left half of a 4 x 4 texture: v grows upwards, rows downwards. Texel centres on its long side are in.
    data = unwrap(np.array([[0, 0], [1, 0], [0, 1]]), FACES, FACES, 4)
    found = sorted(zip(data.rows.tolist(), data.columns.tolist(), strict=True))
    assert found == [(row, column) for row in range(4) for column in range(row + 1)]
    corner = found.index((3, 0))
    order = np.lexsort((data.columns, data.rows))
    np.testing.assert_allclose(data.weights[order][corner], [0.75, 0.125, 0.125])


def test_unwrapping_gives_each_texel_once_and_the_point_that_lies_there() -> None:
    data = unwrap(head().texture_vertices, head().texture_faces, head().faces, 256)
    assert len(set(zip(data.rows.tolist(), data.columns.tolist(), strict=True))) == len(data.rows)
    face_of = {tuple(face): corners for face, corners in zip(head().faces.tolist(), head().texture_faces, strict=True)}
    corners = np.array([face_of[tuple(face)] for face in data.corners.tolist()])
    places = np.einsum("nk,nkd->nd", data.weights, head().texture_vertices[corners])
    expected = np.stack([(data.columns + 0.5) / 256, 1 - (data.rows + 0.5) / 256], axis=1)
    np.testing.assert_allclose(places, expected, atol=1e-9)


def test_a_header_that_ends_amid_a_statement_is_refused() -> None:
    """Found by fuzzing: NumPy lets its tokenizer's own error through."""
    header = b"{'descr': '<f8', 'fortran_order': False, \x9c\n"
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with pytest.raises(RefusedPickleError, match=r"not a \.npy file"):
        read_npy_dict(content)
