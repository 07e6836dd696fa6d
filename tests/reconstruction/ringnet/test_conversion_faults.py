"""Processes killed, two at once, disks full, folders read-only: RingNet gives TensorFlow's vertices, or says why not.

With the real processes, on the look-alike; for minutes, so only with `-m slow`.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pytest

from masking.core.config.options import PROJECT_FOLDER
from masking.core.hashing import sha256_of_file
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.network import VERTEX_TOLERANCE

pytestmark = pytest.mark.slow
KILLS = 20
LONGEST = 300.0
PROGRAM = """
import logging, resource, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO, format="%(message)s")
model, flame, image, result, limit = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
import numpy as np
from masking.core.config.options import ReconstructionOptions
from masking.reconstruction.ringnet import RingNet
ringnet = RingNet(ReconstructionOptions(model_folder=Path(model), flame_folder=Path(flame), device="cpu"))
np.save(result, ringnet.reconstruct(np.load(image)).vertices)
print(ringnet.description)
"""
Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


@dataclass
class Bench:
    """A checkpoint of its own, the image to try, and the vertices that TensorFlow 1 gives it."""

    folder: Path
    flame_folder: Path
    expected: npt.NDArray[np.float32]

    @property
    def model(self) -> Path:
        return self.folder / "model"

    def start(self, name: str = "result", limit: int = 0, wrapper: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        arguments = (self.model, self.flame_folder, self.folder / "image.npy", self.folder / f"{name}.npy", limit)
        return subprocess.Popen(
            [*wrapper, sys.executable, "-c", PROGRAM, *map(str, arguments)],
            cwd=PROJECT_FOLDER,
            env={**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[str], name: str = "result") -> tuple[str, str]:
        """What a process that must give the right vertices has said."""
        said, told = process.communicate(timeout=LONGEST)
        assert process.returncode == 0, told
        np.testing.assert_allclose(np.load(self.folder / f"{name}.npy"), self.expected, rtol=0, atol=VERTEX_TOLERANCE)
        return said, told

    def run(self, limit: int = 0, wrapper: tuple[str, ...] = ()) -> tuple[str, str]:
        return self.finish(self.start(limit=limit, wrapper=wrapper))

    def kept(self) -> list[Path]:
        return [path for path in self.model.iterdir() if path.name.startswith(".")]


@pytest.fixture
def bench(
    tmp_path: Path,
    model_folder: Path,
    flame_folder: Path,
    twenty_images: list[npt.NDArray[np.uint8]],
    original_outputs: Outputs,
) -> Bench:
    (tmp_path / "model").mkdir()
    for path in CheckpointFiles(model_folder).all:
        shutil.copy(path, tmp_path / "model")
    np.save(tmp_path / "image.npy", twenty_images[0])
    return Bench(tmp_path, flame_folder, original_outputs[1][0])


def is_sound(path: Path) -> bool:
    return path.stem.rpartition("-")[2] == sha256_of_file(path)


def wait_for_step(process: subprocess.Popen[str]) -> psutil.Process | None:
    """The process that converts or packs, once it is there; None where the start ends without one."""
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            if children := psutil.Process(process.pid).children():
                return children[0]
        time.sleep(0.01)
    return None


@pytest.fixture(scope="module")
def moments() -> Iterator[float]:
    choice = random.Random(15)
    return iter(lambda: choice.uniform(0, 1), None)


def test_whatever_is_killed_at_whatever_moment_the_run_or_the_next_one_is_right(
    bench: Bench, moments: Iterator[float]
) -> None:
    began = time.monotonic()
    bench.run()
    whole = time.monotonic() - began
    for number in range(KILLS):
        for path in bench.kept():
            if number % 4 or not path.name.endswith(".partial"):
                path.unlink()
        process = bench.start()
        step = wait_for_step(process)
        assert step is not None
        time.sleep(next(moments) * whole)
        if number % 2:
            with suppress(psutil.NoSuchProcess):
                step.kill()
            bench.finish(process)
        else:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        assert all(is_sound(path) for path in bench.kept() if not path.name.endswith((".partial", ".pb")))
    said, _ = bench.run()
    assert "LiteRT" in said
    assert all(is_sound(path) for path in bench.kept() if path.suffix != ".pb")


def test_of_two_at_once_one_converts_and_both_are_right(bench: Bench) -> None:
    both = [bench.start("one"), bench.start("other")]
    results = [bench.finish(process, name) for process, name in zip(both, ("one", "other"), strict=True)]
    assert sum(told.count("Converting") for _, told in results) == 1
    assert all("LiteRT" in said for said, _ in results)
    assert [path.suffix for path in sorted(bench.kept())] == [".tflite", ".weights"]


@pytest.mark.parametrize("megabytes", [0.1, 1, 20, 36])
def test_files_that_may_not_grow_are_said_to_have_failed(bench: Bench, megabytes: float) -> None:
    said, told = bench.run(limit=int(megabytes * 2**20))
    assert ("TensorFlow" in said) == ("its conversion failed: " in told)
    assert all(is_sound(path) for path in bench.kept())
    said, _ = bench.run()
    assert "LiteRT" in said


def in_own_mounts(command: str) -> tuple[str, ...]:
    """Runs what follows it after `command`, whose mounts nobody else sees."""
    wrapper = ("unshare", "--mount", "sh", "-c", f'{command} && exec "$@"', "sh")
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    return wrapper


def test_a_full_disk_beside_the_checkpoint_is_tolerated(bench: Bench) -> None:
    size = sum(path.stat().st_size for path in bench.model.iterdir())
    copy, model = bench.folder / "copy", bench.model
    shutil.copytree(model, copy)
    wrapper = in_own_mounts(f"mount -t tmpfs -o size={size + 2**20} none {model} && cp {copy}/* {model}/")
    said, told = bench.run(wrapper=wrapper)
    assert "LiteRT" in said
    assert "is not kept in" in told
    cache = list((bench.folder / "cache").rglob(".ring*"))
    assert sorted(path.suffix for path in cache) == [".tflite", ".weights"]


def test_a_full_temporary_folder_is_a_clear_message_and_tensorflow(bench: Bench) -> None:
    small = bench.folder / "small"
    small.mkdir()
    wrapper = in_own_mounts(f"mount -t tmpfs -o size=1m none {small}")
    said, told = bench.run(wrapper=(*wrapper, "env", f"TMPDIR={small}"))
    assert "TensorFlow" in said
    assert "its conversion failed: " in told
    assert "No space left" in told
    assert [path for path in bench.kept() if path.suffix != ".pb"] == []


def test_a_read_only_folder_is_tolerated_and_later_starts_are_quick_all_the_same(bench: Bench) -> None:
    wrapper = in_own_mounts(f"mount --bind -o ro {bench.model} {bench.model} && ! touch {bench.model}/x 2>/dev/null")
    said, told = bench.run(wrapper=wrapper)
    assert "LiteRT" in said
    assert "Converting" in told
    said, told = bench.run(wrapper=wrapper)
    assert "LiteRT" in said
    assert "Converting" not in told
    assert bench.kept() == []
