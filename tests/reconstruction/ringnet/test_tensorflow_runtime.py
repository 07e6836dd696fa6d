from __future__ import annotations

import os
import subprocess
import sys

import pytest

from masking.core.errors import ConfigError
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow


def run(program: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)


@pytest.mark.thorough
def test_it_starts_and_runs_without_a_word_and_with_the_threads_asked_for() -> None:
    done = run(
        "from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow\n"
        "tf, device = start_tensorflow('auto', 1)\n"
        "tf.function(lambda x: x @ x)(tf.ones((3, 3)))\n"
        "print(device, tf.config.threading.get_intra_op_parallelism_threads())"
    )
    assert done.stdout in ("/CPU:0 1\n", "/GPU:0 1\n")
    assert done.stderr == ""


def test_importing_the_reconstructor_imports_nothing_heavy() -> None:
    done = run("import sys, masking.reconstruction.ringnet; print({'tensorflow', 'cv2', 'scipy'} & set(sys.modules))")
    assert done.stdout == "set()\n"


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    _, device = start_tensorflow("auto", 0)
    if device != "/CPU:0":
        pytest.skip("there is a GPU here")
    with pytest.raises(ConfigError, match="sees no GPU"):
        start_tensorflow("gpu", 0)


def test_threads_that_come_too_late_are_said_to_have_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    start_tensorflow("cpu", 0)
    start_tensorflow("cpu", 3)
    assert "THREADS = 3 has no effect" in caplog.text
