"""Write FLAME's files for the look-alike head: model, sample mesh, texture data and landmark embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse

from masking.reconstruction.flame.texture_data import unwrap
from tests.lookalikes.embeddings import dynamic_embedding, static_embedding
from tests.lookalikes.flame import PARENTS, flame
from tests.lookalikes.head import head
from tests.lookalikes.python2_pickle import Chumpy, SparseColumns, python2_npy, python2_pickle

TEXTURE_SIZE = 512


def write_flame_files(folder: Path) -> None:
    """Write generic_model.pkl, FLAME_sample.ply, texture_data_512.npy and the two embeddings into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "generic_model.pkl").write_bytes(flame_pickle())
    (folder / "FLAME_sample.ply").write_bytes(sample_ply())
    (folder / "texture_data_512.npy").write_bytes(texture_data())
    (folder / "flame_static_embedding.pkl").write_bytes(python2_pickle(static_embedding()))
    (folder / "flame_dynamic_embedding.npy").write_bytes(python2_npy(dynamic_embedding()))


def flame_pickle() -> bytes:
    model = flame()
    parents = np.array(PARENTS)
    return python2_pickle(
        {
            "J": Chumpy(model.joint_regressor @ model.template),
            "J_regressor": SparseColumns(sparse.csc_matrix(model.joint_regressor)),
            "bs_style": "lbs",
            "bs_type": "lrotmin",
            "f": model.faces.astype(np.uint32),
            "kintree_table": np.stack([parents, np.arange(5)]).astype(np.uint32),
            "posedirs": np.asfortranarray(model.pose_directions),
            "shapedirs": Chumpy(model.shape_directions),
            "v_template": Chumpy(model.template),
            "weights": Chumpy(model.skinning_weights),
        }
    )


def sample_ply() -> bytes:
    """The template as an ascii PLY, in the camera's frame as RingNet's outputs are."""
    vertices = flame().template * [1, -1, -1]
    header = (
        f"ply\nformat ascii 1.0\nelement vertex {len(vertices)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(flame().faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = [f"{x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in vertices.tolist()]
    rows += [f"3 {a} {b} {c}\n" for a, b, c in flame().faces.tolist()]
    return (header + "".join(rows)).encode()


def texture_data(size: int = TEXTURE_SIZE) -> bytes:
    """Coordinates of all texels, row by row, and for those on the mesh their triangle and weights."""
    data = unwrap(head().texture_vertices, head().texture_faces, head().faces, size)
    rows, columns = np.divmod(np.arange(size**2), size)
    return python2_npy(
        {
            "img_size": size,
            "x_coords": columns.astype(float),
            "y_coords": rows.astype(float),
            "valid_pixel_ids": data.rows * size + data.columns,
            "valid_pixel_3d_faces": data.corners,
            "valid_pixel_b_coords": data.weights,
            "vt": data.texture_vertices,
            "ft": data.texture_faces.astype(np.int64),
        }
    )
