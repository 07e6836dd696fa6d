"""Make docs/pictures/meshes.png: every .obj that an image gets, as its own file holds it, with RingNet's look-alike
checkpoint (above) and with the face mesh (below).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import trimesh
from PIL import Image

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT_FOLDER))  # runs as a script from a checkout that is not installed

from examples.make_tree import make_trees  # noqa: E402
from masking.core.config import in_memory_config  # noqa: E402
from masking.core.config.options import RenderingOptions  # noqa: E402
from masking.geometry.camera import PinholeCamera  # noqa: E402
from masking.rendering.base import open_renderer  # noqa: E402

SIZE = 300
DISTANCE = 100.0
Picture = npt.NDArray[np.uint8]


def picture_of(path: Path) -> Picture:
    """The mesh in an .obj file as a viewer shows it, y up, (SIZE, SIZE, 3) uint8; with its texture if it has one."""
    mesh = trimesh.load(path, process=False, maintain_order=True)
    vertices = np.asarray(mesh.vertices) * [1, -1, -1]
    vertices = vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2 + [0, 0, DISTANCE]
    focal_length = 0.9 * SIZE * DISTANCE / float(np.ptp(vertices[:, 1]))
    camera = PinholeCamera(focal_length, (SIZE / 2, SIZE / 2))
    faces = np.asarray(mesh.faces, dtype=np.int32)
    render = open_renderer(in_memory_config(rendering=RenderingOptions())).render(vertices, faces, camera, SIZE, SIZE)
    if not path.name.endswith("_texture.obj"):
        return render.image
    texture = np.asarray(mesh.visual.material.image.convert("RGB"))
    corners = np.asarray(mesh.visual.uv)[faces[np.maximum(render.face_id, 0)]]
    u, v = (corners * render.barycentric[..., None]).sum(axis=2).transpose(2, 0, 1)
    columns, rows = (np.clip((x * len(texture)).astype(int), 0, len(texture) - 1) for x in (u, 1 - v))
    return np.where(render.foreground[..., None], texture[rows, columns], np.uint8(255))


def row_of(image: Path, folder: Path, *settings: str) -> Picture:
    """Photo, visualization's overlay and every mesh of `image`, side by side."""
    command = [sys.executable, str(PROJECT_FOLDER / "batch_process.py"), "--image", str(image)]
    command += ["--output-folder", str(folder)]
    command += [word for setting in settings for word in ("--set", setting)]
    subprocess.run(command, check=True)  # noqa: S603 - our own script
    stem = image.stem
    names = (f"mesh/{stem}_mesh.obj", f"mesh/{stem}_neutral.obj", f"texture/{stem}_texture.obj")
    photo = np.asarray(Image.open(image).resize((SIZE, SIZE)))
    pictures = [picture_of(folder / name) for name in names if (folder / name).exists()]
    blank = [np.full((SIZE, SIZE, 3), 255, np.uint8)] * (len(names) - len(pictures))
    return np.hstack([photo, *pictures, *blank])


def main() -> int:
    """Write the picture. Makes the look-alike files in a temporary folder first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "tests.lookalikes", "--folder", name], check=True, cwd=PROJECT_FOLDER)  # noqa: S603
        image = make_trees(folder)[0]
        ringnet = (f"RECONSTRUCTION.MODEL_FOLDER={folder}/model", f"RECONSTRUCTION.FLAME_FOLDER={folder}/flame_model")
        rows = [
            row_of(image, folder / "ringnet", *ringnet, "OUTPUT.SAVE_TEXTURE=yes", "OUTPUT.NEUTRALIZE_EXPRESSION=yes"),
            row_of(image, folder / "facemesh", "RECONSTRUCTION.RECONSTRUCTOR=facemesh", "OUTPUT.SAVE_TEXTURE=yes"),
        ]
    target = PROJECT_FOLDER / "docs" / "pictures" / "meshes.png"
    Image.fromarray(np.vstack(rows)).save(target, optimize=True)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
