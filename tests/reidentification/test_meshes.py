"""Geometry is compared without pose, position and scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from masking.geometry.obj import ObjWriter
from masking.reconstruction.ringnet.parameters import npy_dict_bytes
from masking.reidentification.comparison import Enrolled, compare
from masking.reidentification.meshes import MAX_VERTICES, ShapeSpace, read_shape, read_vertices

RANDOM = np.random.default_rng(0)


def moved(mesh: np.ndarray, seed: int) -> np.ndarray:
    """`mesh` elsewhere, of another size and turned."""
    random = np.random.default_rng(seed)
    turn = Rotation.random(random_state=seed).as_matrix()
    return np.asarray(random.uniform(0.2, 5) * mesh @ turn.T + random.normal(size=3), dtype=np.float32)


def faces(count: int) -> np.ndarray:
    """Meshes (N, 60, 3) that differ a little."""
    mean = RANDOM.normal(size=(60, 3))
    return mean + 0.05 * RANDOM.normal(size=(count, 60, 3))


def test_pose_position_and_scale_make_no_difference() -> None:
    meshes = faces(12)
    turned = np.array([moved(mesh, seed) for seed, mesh in enumerate(meshes)])
    again = np.array([moved(mesh, 100 + seed) for seed, mesh in enumerate(meshes)])
    space = ShapeSpace(turned)
    assert np.allclose(space.vectors(turned), space.vectors(again), atol=1e-4)
    people = np.arange(12)
    found, _ = compare(Enrolled(space.vectors(again), people), Enrolled(space.vectors(turned), people))
    assert (found.ranks == 1).all()
    assert np.linalg.norm(space.vectors(turned).mean(axis=0)) < 0.1 * np.linalg.norm(space.vectors(turned)[0])


@pytest.mark.parametrize("axes", ["viewer", "camera"])
def test_vertices_are_read_as_they_were_written(tmp_path: Path, axes: str) -> None:
    vertices = RANDOM.normal(size=(20, 3)).astype(np.float32)
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    (tmp_path / "a.obj").write_bytes(ObjWriter(triangles, axes).encode(vertices))  # type: ignore[arg-type]
    expected = vertices * ([1, -1, -1] if axes == "viewer" else [1, 1, 1])
    assert np.allclose(read_vertices(tmp_path / "a.obj"), expected, atol=1e-6)


def test_of_a_fine_mesh_vertices_all_over_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.obj").write_text("".join(f"v {number} 0 0\n" for number in range(5023)))
    read = read_vertices(tmp_path / "a.obj")
    assert len(read) <= MAX_VERTICES
    assert read[-1, 0] > 5000


@pytest.mark.parametrize("content", ["", "v 1 2\n" * 9, "v a b c\n" * 9, "v nan 0 0\n" * 9, "v 1e999 0 0\n" * 9])
def test_what_is_not_a_mesh_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.obj").write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011 - of float's too
        read_vertices(tmp_path / "a.obj")


def test_shape_numbers_are_read_and_nothing_is_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", shape=np.arange(100.0), pose=np.zeros(6))
    assert read_shape(tmp_path / "a.npz").tolist() == list(range(100))
    np.savez(tmp_path / "b.npz", shape=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_shape(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", cam=np.zeros(3))
    with pytest.raises(ValueError, match="no shape numbers"):
        read_shape(tmp_path / "c.npz")


def test_shape_numbers_are_read_from_the_originals_file_too(tmp_path: Path) -> None:
    shape = RANDOM.normal(size=100).astype(np.float32)
    (tmp_path / "X_prep.npy").write_bytes(npy_dict_bytes({"cam": np.zeros(3, np.float32), "shape": shape}))
    assert np.array_equal(read_shape(tmp_path / "X_prep.npy"), shape)
    (tmp_path / "X_prep.npy").write_bytes(npy_dict_bytes({"cam": np.zeros(3, np.float32)}))
    with pytest.raises(ValueError, match="no shape numbers"):
        read_shape(tmp_path / "X_prep.npy")


def test_what_runs_code_when_it_is_unpickled_is_refused(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    np.save(tmp_path / "X_prep.npy", np.array({"shape": Code()}, dtype=object), allow_pickle=True)
    with pytest.raises(ValueError):  # noqa: PT011 - whichever instruction comes first
        read_shape(tmp_path / "X_prep.npy")
    assert not (tmp_path / "ran").exists()
