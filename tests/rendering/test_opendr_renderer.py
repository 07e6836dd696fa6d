import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

import masking
from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.core.errors import ExitCode, MissingPackageError
from masking.rendering.registry import open_renderer
from tests.rendering.heads import Pose, flame_like_head

PROJECT = Path(masking.__file__).parents[1]
SMALL_RENDER = """
import numpy as np
from masking.geometry.camera import PinholeCamera
from masking.core.config import in_memory_config
from masking.core.config.options import RenderingOptions
from masking.rendering.registry import open_renderer
def render():
    vertices = np.array([(0.0, 0, 100), (0.02, 0, 100), (0, 0.02, 100)])
    renderer = open_renderer(in_memory_config(rendering=RenderingOptions(renderer="opendr")))
    return renderer.render(vertices, np.array([(0, 1, 2)]), PinholeCamera(50_000.0, (2.0, 2.0)), 16, 16)
def train():
    import tensorflow as tf
    compiled = tf.function(lambda x: tf.reduce_sum(tf.nn.relu(x @ x)), jit_compile=True)
    assert float(compiled(tf.ones((8, 8)))) == 512.0
"""


def python(code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SMALL_RENDER + code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("overdraw", [True, False])
def test_pictures_equal_those_of_a_fresh_renderer_to_the_byte(opendr, meshes, overdraw):
    options = RenderingOptions(renderer="opendr", overdraw=overdraw)
    reused = open_renderer(in_memory_config(rendering=options))
    head, face = meshes["head"], meshes["face"]
    for (vertices, faces), pose, size in [
        (head, Pose(yaw=0.4), (224, 224)),
        (head, Pose(scale=5.0, offset=(0.3, 0.1)), (224, 224)),
        (head, Pose(roll=1.0, scale=11.0), (131, 97)),
        (face, Pose(pitch=0.3), (131, 97)),
        (head, Pose(yaw=-0.9), (224, 224)),
    ]:
        placed, camera = pose.place(vertices, *size)
        expected = open_renderer(in_memory_config(rendering=options)).render(placed, faces, camera, *size)
        actual = reused.render(placed, faces, camera, *size)
        np.testing.assert_array_equal(actual.image, expected.image)
        np.testing.assert_array_equal(actual.face_id, expected.face_id)
        np.testing.assert_array_equal(actual.barycentric, expected.barycentric)


@pytest.mark.parametrize("overdraw", [True, False])
def test_faces_and_weights_are_those_of_the_picture(overdraw, opendr, outlining, builtin):
    vertices, faces = flame_like_head()
    placed, camera = Pose(yaw=0.6, pitch=-0.2).place(vertices, 224, 224)
    real = open_renderer(in_memory_config(rendering=RenderingOptions(renderer="opendr", overdraw=overdraw))).render(
        placed, faces, camera, 224, 224
    )
    np.testing.assert_array_equal(real.foreground, (real.image < 255).any(axis=2))
    ours = (outlining if overdraw else builtin).render(placed, faces, camera, 224, 224)
    same_face = real.face_id == ours.face_id
    assert same_face.mean() > 0.999
    np.testing.assert_array_equal(real.barycentric[same_face], ours.barycentric[same_face])


def test_the_name_says_what_is_not_the_default(opendr):
    assert opendr.description == "OpenDR 0.78"


@pytest.mark.parametrize(
    "code", ["render(); train(); render()", "import tensorflow; render(); train()", "train(); render()"]
)
def test_tensorflow_may_be_imported_before_or_after(opendr, code):
    pytest.importorskip("tensorflow")
    done = python(code)
    assert done.returncode == 0, done.stderr[-2000:]


def test_without_opendr_the_one_command_that_installs_it_is_reported():
    done = python("import sys; sys.modules['opendr'] = None\nrender()")
    assert "MissingPackageError: the package opendr is not installed" in done.stderr
    assert "bash scripts/install_opendr.sh" in done.stderr
    assert MissingPackageError.exit_code == ExitCode.MODEL_FILE
    assert (PROJECT / "scripts" / "install_opendr.sh").is_file()


@pytest.mark.parametrize("renderer", ["builtin", "opendr"])
def test_memory_stays_flat_over_200_pictures(renderer, meshes, request):
    if renderer == "opendr":
        request.getfixturevalue("opendr")
    drawing = open_renderer(in_memory_config(rendering=RenderingOptions(renderer=renderer)))
    vertices, faces = meshes["face"]
    memory = []
    for count in range(200):
        placed, camera = Pose(yaw=0.01 * count).place(vertices, 224, 224)
        drawing.render(placed, faces, camera, 224, 224)
        memory.append(psutil.Process().memory_info().rss)
    # Each picture that is kept is 1 MB, each OpenGL context 7 MB.
    assert np.median(memory[150:]) - np.median(memory[10:60]) < 16 * 2**20
