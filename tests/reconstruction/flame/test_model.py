from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masking.core.downloads import FoundFile
from masking.core.errors import ExitCode, ModelFileError
from masking.reconstruction.flame.model import load_flame_model
from masking.reconstruction.flame.topology import load_topology
from tests.lookalikes.flame import flame
from tests.lookalikes.python2_pickle import Chumpy, Raw, python2_pickle

TRIANGLE = {
    "v_template": Chumpy(np.eye(3)),
    "shapedirs": Chumpy(np.ones((3, 3, 100))),
    "f": np.array([[0, 1, 2]], np.uint32),
}


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "generic_model.pkl"
    path.write_bytes(python2_pickle(TRIANGLE | changes))
    return path


def test_a_model_of_flames_size_is_read_without_chumpy(flame_folder: Path) -> None:
    model = load_flame_model(FoundFile(flame_folder / "generic_model.pkl"))
    np.testing.assert_array_equal(model.template, flame().template)
    np.testing.assert_array_equal(model.shape_directions, flame().shape_directions)
    np.testing.assert_array_equal(model.faces, flame().faces)
    assert model.template.shape == (5023, 3)
    assert model.shape_directions.shape == (5023, 3, 400)
    assert model.faces.shape == (9976, 3)


def test_the_neutral_face_is_the_template_and_the_first_directions_by_their_weights(tmp_path: Path) -> None:
    directions = np.zeros((3, 3, 100))
    directions[1, 2, :4] = [10, 20, 40, 80]
    model = load_flame_model(FoundFile(write(tmp_path, shapedirs=Chumpy(directions))))
    neutral = model.neutral_vertices(np.array([1, 0.5], np.float32))
    expected = np.eye(3)
    expected[1, 2] = 20
    np.testing.assert_array_equal(neutral, expected)


def test_a_neutral_face_does_not_depend_on_the_expression_directions(flame_folder: Path) -> None:
    model = load_flame_model(FoundFile(flame_folder / "generic_model.pkl"))
    shape = np.random.default_rng(0).normal(size=100)
    expected = flame().template + np.einsum("vck,k->vc", flame().shape_directions[:, :, :100], shape)
    np.testing.assert_allclose(model.neutral_vertices(shape), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"v_template": None}, "no array v_template"),
        ({"v_template": Chumpy(np.ones((3, 2)))}, r"v_template has the shape \(3, 2\)"),
        ({"shapedirs": Chumpy(np.ones((4, 3, 4)))}, r"shapedirs has the shape \(4, 3, 4\)"),
        ({"shapedirs": Chumpy(np.full((3, 3, 4), np.nan))}, "shapedirs is not finite"),
        ({"shapedirs": Chumpy(np.ones((3, 3, 99)))}, "has 99 directions, and RingNet's shape numbers weigh 100"),
        ({"f": np.array([[0, 1, 3]])}, "does not index the 3 vertices"),
        ({"f": np.array([[0.0, 1.0, 2.0]])}, "no array f of whole numbers"),
        ({"weights": Raw(b"cposix\nsystem\n(U\x04truetR")}, "names 'posix.system'"),
    ],
)
def test_what_is_not_a_flame_model_is_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ModelFileError, match=problem) as caught:
        load_flame_model(FoundFile(path))
    assert caught.value.path == path
    assert caught.value.exit_code is ExitCode.MODEL_FILE
    assert "https://flame.is.tue.mpg.de" in str(caught.value)


def test_a_list_instead_of_a_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "generic_model.pkl"
    path.write_bytes(python2_pickle([1]))
    with pytest.raises(ModelFileError, match="not a dict"):
        load_flame_model(FoundFile(path))


def test_a_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "generic_model.pkl").mkdir()
    with pytest.raises(ModelFileError, match="is not a file"):
        load_flame_model(FoundFile(tmp_path / "generic_model.pkl"))


def test_triangles_come_from_the_sample_mesh_or_else_from_the_model(flame_folder: Path, tmp_path: Path) -> None:
    from_sample = load_topology(flame_folder)
    assert from_sample.file.name == "FLAME_sample.ply"
    shutil.copy(flame_folder / "generic_model.pkl", tmp_path)
    from_model = load_topology(tmp_path)
    assert from_model.file.name == "generic_model.pkl"
    np.testing.assert_array_equal(from_sample.faces, from_model.faces)
    assert from_sample.vertex_count == from_model.vertex_count == 5023


def test_neither_file_is_one_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"is missing, and so is generic_model\.pkl"):
        load_topology(tmp_path)


def test_a_damaged_sample_mesh_is_not_passed_over(flame_folder: Path, tmp_path: Path) -> None:
    shutil.copy(flame_folder / "generic_model.pkl", tmp_path)
    (tmp_path / "FLAME_sample.ply").write_text("ply")
    with pytest.raises(ModelFileError, match="no PLY header"):
        load_topology(tmp_path)
