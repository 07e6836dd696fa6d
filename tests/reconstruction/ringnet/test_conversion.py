"""The first use of a checkpoint converts it for LiteRT; whatever goes wrong there, RingNet runs, or says why not."""

from __future__ import annotations

import fcntl
import importlib
import json
import logging
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from masking.core.config.options import PROJECT_FOLDER, ReconstructionOptions
from masking.core.errors import ConfigError, MissingPackageError, ModelFileError
from masking.core.keeping import keeping_nothing
from masking.core.terminal import mention_nothing
from masking.reconstruction.ringnet import (
    RingNet,
    checkpoint_location,
    conversion,
    folder_lock,
    packed_weights,
    runtimes,
)
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.checkpoint_location import locate_checkpoint
from masking.reconstruction.ringnet.converted_file import CONVERTED
from masking.reconstruction.ringnet.diagnosis import convert_ahead, describe_runtime
from masking.reconstruction.ringnet.kept_files import folders_for, kept_files
from masking.reconstruction.ringnet.network import VERTEX_TOLERANCE, Network
from masking.reconstruction.ringnet.runtimes import open_network
from masking.reconstruction.ringnet.separate_process import StepFailedError, run_step
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow

Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 224, 224, 3)).astype(np.float32)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckpointFiles:
    """A checkpoint of a graph of a few operations, whose every number is the brightness of the image."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_graph(tmp_path / "model", brightness)


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that are taken, for speed in this process, which has TensorFlow loaded; `-m slow` has the processes."""
    taken: list[str] = []

    def run(module: str, *arguments: str, descriptors: list[int]) -> None:
        taken.append(module.rpartition(".")[2])
        copies = {str(number): str(os.dup(number)) for number in descriptors}
        importlib.import_module(module).main([copies.get(argument, argument) for argument in arguments])

    for room in (conversion, packed_weights):
        monkeypatch.setattr(room, "run_step", run)
    return taken


PATCH = np.s_[:, 100:104, 100:104]


def brightness(tf: Any, images: Any) -> Any:
    """Of a few pixels, so that no order of adding them up matters."""
    return tf.reshape(tf.reduce_mean(images[PATCH]), [1, 1])


def with_inverse(tf: Any, images: Any) -> Any:
    """As `brightness`, nearly, by an operation that LiteRT lacks."""
    return brightness(tf, images) + 1e-9 * tf.linalg.inv(brightness(tf, images) + 3)


def write_graph(folder: Path, measure: Callable[[Any, Any], Any]) -> CheckpointFiles:
    tf, _ = start_tensorflow("cpu", 0)
    folder.mkdir(exist_ok=True)
    files = CheckpointFiles(folder)
    with tf.Graph().as_default():
        value = measure(tf, tf.compat.v1.placeholder(tf.float32, [1, 224, 224, 3], "input_images"))
        tf.raw_ops.Tile(input=value, multiples=[1, 159], name="add_2")
        tf.raw_ops.Tile(input=value[:, :, None], multiples=[1, 4, 3], name="Flamenetnormal_2/Add_9")
        files.meta.write_bytes(tf.compat.v1.train.export_meta_graph().SerializeToString())
    for path in (files.index, files.data):
        path.write_bytes(b"not needed by a graph without variables")
    return files


def opened(files: CheckpointFiles, **options: Any) -> Network:
    fresh = CheckpointFiles(files.folder)
    return open_network(ReconstructionOptions(model_folder=files.folder, **{"device": "cpu", **options}), fresh)


def check(network: Network) -> None:
    parameters, vertices = network(IMAGES)
    assert (parameters.shape, vertices.shape, network.vertex_count) == ((3, 159), (3, 4, 3), 4)
    np.testing.assert_allclose(parameters[:, 158], IMAGES[PATCH].mean(axis=(1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(vertices[:, 3, 2], IMAGES[PATCH].mean(axis=(1, 2, 3)), atol=1e-6)


def kept(files: CheckpointFiles) -> list[Path]:
    return kept_files(folders_for(files))


def test_the_first_start_converts_and_packs_and_the_second_does_neither(
    files: CheckpointFiles, steps: list[str]
) -> None:
    check(opened(files))
    assert steps == ["convert", "pack"]
    second = opened(files)
    assert steps == ["convert", "pack"]
    assert second.runtime == "LiteRT"
    check(second)


@pytest.mark.parametrize("how", ["renamed", "packed"])
def test_a_renamed_or_packed_checkpoint_is_converted_once_too(
    files: CheckpointFiles, steps: list[str], tmp_path: Path, how: str
) -> None:
    place = tmp_path / "theirs"
    place.mkdir()
    if how == "packed":
        with zipfile.ZipFile(place / "RingNet.zip", "w") as archive:
            for path in files.all:
                archive.write(path, path.name)
    else:
        for path in files.all:
            path.rename(place / path.name.replace(files.prefix.name, "mine"))
        place /= "mine"
    for _ in range(2):
        # As another process has it, which lays them into a folder of its own.
        checkpoint_location._stage.cache_clear()
        found = locate_checkpoint(place)
        check(open_network(ReconstructionOptions(model_folder=place, device="cpu"), found))
    assert steps == ["convert", "pack"]
    assert {path.parent for path in kept_files(folders_for(found))} == {tmp_path / "theirs"}


def test_two_processes_with_copies_of_their_own_take_turns(files: CheckpointFiles, tmp_path: Path) -> None:
    """The lock is where both look for what the other has made."""
    copy = CheckpointFiles(Path(shutil.copytree(files.folder, tmp_path / "copy")), files.folder)
    locked: list[bool] = []

    def run(*_: object, **__: object) -> None:
        held = os.open(files.folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked.append(False)
        except BlockingIOError:
            locked.append(True)
        finally:
            os.close(held)
        raise StepFailedError("it was only looked at")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(conversion, "run_step", run)
        with pytest.raises(conversion.UnfitForLiteRTError):
            conversion.open_converted(copy, folders_for(copy))
    assert locked == [True]


@pytest.mark.parametrize("quiet", [True, False])
def test_a_conversion_is_told_unless_one_is_to_be_quiet(
    files: CheckpointFiles, capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    mention_nothing(quiet=quiet)
    try:
        opened(files)
    finally:
        mention_nothing(quiet=False)
    assert ("Converting " in capsys.readouterr().err) is not quiet


@pytest.mark.parametrize("position", [0, 100, -100, -1])
def test_a_damaged_file_is_made_again(files: CheckpointFiles, steps: list[str], position: int) -> None:
    opened(files)
    before = {path: path.read_bytes() for path in kept(files)}
    for path, content in before.items():
        damaged = bytearray(content)
        damaged[position] ^= 1
        path.chmod(0o644)
        path.write_bytes(damaged)
    check(opened(files))
    assert steps == ["convert", "pack"] * 2
    assert {path: path.read_bytes() for path in kept(files)} == before


def test_a_file_of_our_name_that_holds_something_else_is_made_again(
    files: CheckpointFiles, steps: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened(files)
    other = tmp_path / "other"
    other.write_bytes(b"import os; os.abort()")
    with other.open("rb") as file:
        conversion.keep(folders_for(files), CONVERTED, conversion.conversion_key(files), file.fileno())
    check(opened(files))
    assert "it holds no record of a conversion" in caplog.text
    assert steps == ["convert", "pack", "convert"]


def test_another_checkpoint_is_converted_anew(files: CheckpointFiles, steps: list[str]) -> None:
    opened(files)
    write_graph(files.folder, lambda tf, images: brightness(tf, images) * 2)
    np.testing.assert_allclose(opened(files)(IMAGES)[0][:, 0], 2 * IMAGES[PATCH].mean(axis=(1, 2, 3)), atol=1e-6)
    assert steps == ["convert", "pack"] * 2
    assert len(kept(files)) == 2


def test_where_nothing_can_be_kept_each_start_converts_for_itself(files: CheckpointFiles, steps: list[str]) -> None:
    with keeping_nothing():
        check(opened(files))
        check(opened(files))
    assert steps == ["convert", "convert"]
    assert kept(files) == []


def test_a_graph_that_litert_lacks_an_operation_of_stays_with_tensorflow_and_is_not_tried_again(
    files: CheckpointFiles, steps: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    write_graph(files.folder, with_inverse)
    for _ in range(2):
        caplog.clear()
        network = opened(files)
        assert network.runtime.startswith("TensorFlow")
        assert "LiteRT lacks the operation MatrixInverse, which the graph needs" in caplog.text
        check(network)
    assert steps == ["convert"]


def test_a_graph_with_other_numbers_on_litert_stays_with_tensorflow(
    files: CheckpointFiles, caplog: pytest.LogCaptureFixture
) -> None:
    write_graph(files.folder, lambda tf, images: brightness(tf, images) + tf.random.uniform([1, 1]))
    assert opened(files).runtime.startswith("TensorFlow")
    assert f"m from TensorFlow's, and {VERTEX_TOLERANCE:.0e} m is allowed" in caplog.text


def test_numbers_that_are_others_on_this_machine_stay_with_tensorflow(
    files: CheckpointFiles, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(files)
    probes = runtimes.probe_images
    monkeypatch.setattr(runtimes, "probe_images", lambda: probes() + 0.001)
    assert opened(files).runtime.startswith("TensorFlow")
    assert "on this machine its vertices lie" in caplog.text


def test_who_insists_on_litert_is_told_why_it_cannot_be(files: CheckpointFiles) -> None:
    write_graph(files.folder, with_inverse)
    with pytest.raises(
        ConfigError, match=r"RUNTIME = litert: LiteRT lacks the operation MatrixInverse.*RUNTIME = auto"
    ):
        opened(files, runtime="litert")


def test_litert_on_a_gpu_is_a_contradiction(files: CheckpointFiles) -> None:
    with pytest.raises(ConfigError, match="set either to auto"):
        opened(files, runtime="litert", device="gpu")


def test_who_wants_tensorflow_gets_it_and_nothing_is_converted(files: CheckpointFiles, steps: list[str]) -> None:
    network = opened(files, runtime="tensorflow")
    assert network.runtime.startswith("TensorFlow")
    check(network)
    assert steps == []


def test_a_damaged_checkpoint_is_the_same_error_as_without_conversion(files: CheckpointFiles) -> None:
    files.meta.write_bytes(files.meta.read_bytes()[:1000])
    with pytest.raises(ModelFileError, match="is damaged: it is not a complete TensorFlow graph") as caught:
        opened(files)
    assert caught.value.path == files.meta
    assert "https://ringnet.is.tue.mpg.de" in str(caught.value)


def test_without_tensorflow_a_checkpoint_that_is_not_converted_says_what_to_do(
    files: CheckpointFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "installed_version", lambda _: "")
    with pytest.raises(MissingPackageError, match=r"convert it on a machine that has it.*\.ring_6_68641\.litert-"):
        opened(files)


@pytest.mark.parametrize("error", [StepFailedError("its process was ended by signal 9"), OSError(28, "No space left")])
def test_a_conversion_that_fails_says_so_and_leaves_the_run_to_tensorflow(
    files: CheckpointFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: str, descriptors: list[int]) -> None:
        raise error

    monkeypatch.setattr(conversion, "run_step", fail)
    network = opened(files)
    assert network.runtime.startswith("TensorFlow")
    assert "its conversion failed: " in caplog.text
    check(network)


def test_weights_that_cannot_be_packed_only_cost_memory(
    files: CheckpointFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: str, descriptors: list[int]) -> None:
        raise StepFailedError("its process was ended by signal 6")

    monkeypatch.setattr(packed_weights, "run_step", fail)
    with caplog.at_level(logging.INFO):
        check(opened(files))
    assert "packed in each process" in caplog.text


def test_a_stranger_who_holds_the_lock_is_not_waited_for_for_ever(
    files: CheckpointFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(folder_lock, "PATIENCE", 0.0)
    held = os.open(files.folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with caplog.at_level(logging.INFO):
        check(opened(files))
    os.close(held)
    assert "another process has held the lock for too long" in caplog.text


def test_a_process_that_fails_or_hangs_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StepFailedError, match="ended with code 2"):
        run_step("ast", "--no-such-option", descriptors=[])
    with pytest.raises(StepFailedError, match="was not done in 0 s"):
        run_step("http.server", "--bind", "127.0.0.1", "0", descriptors=[], patience=0.3)


def test_the_doctor_tells_of_each_state(files: CheckpointFiles) -> None:
    options = ReconstructionOptions(model_folder=files.folder, device="cpu")
    assert "not converted yet" in " ".join(describe_runtime(options))
    assert list(convert_ahead(options)) == []
    said = "\n".join(describe_runtime(options))
    assert all(str(path) in said for path in kept(files))
    assert "shared by all processes" in said
    assert list(describe_runtime(options.model_copy(update={"runtime": "tensorflow"}))) == [
        "RingNet on TensorFlow, because RUNTIME = tensorflow"
    ]
    write_graph(files.folder, with_inverse)
    assert "lacks the operation MatrixInverse" in " ".join(convert_ahead(options))
    assert "TensorFlow, because LiteRT lacks the operation MatrixInverse" in " ".join(describe_runtime(options))


PROGRAM = """
import sys, json
from pathlib import Path
if {hidden}:
    sys.modules["tensorflow"] = None  # as if it were not installed
import numpy as np
from masking.core.config.options import ReconstructionOptions
from masking.reconstruction.ringnet import RingNet
ringnet = RingNet(ReconstructionOptions(model_folder=Path({model!r}), flame_folder=Path({flame!r}), device="cpu"))
face = ringnet.reconstruct(np.load({image!r}))
np.save({image!r} + ".vertices.npy", face.vertices)
maps = Path("/proc/self/maps")
print(json.dumps([
    ringnet.description,
    sorted(name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras") and sys.modules[name]),
    [line for line in maps.read_text().splitlines() if "ring_6_68641" in line] if maps.exists() else None,
]))
"""


def test_a_later_start_imports_no_tensorflow_maps_the_weights_and_gives_tensorflows_vertices(
    ringnet: RingNet,
    model_folder: Path,
    flame_folder: Path,
    twenty_images: list[npt.NDArray[np.uint8]],
    original_outputs: Outputs,
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "image.npy", twenty_images[0])
    program = PROGRAM.format(
        hidden=True, model=str(model_folder), flame=str(flame_folder), image=str(tmp_path / "image.npy")
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT_FOLDER
    )
    description, tensorflow_modules, mapped = json.loads(done.stdout)
    assert description.endswith("; LiteRT)")
    assert tensorflow_modules == []
    assert done.stderr == ""
    found = np.load(tmp_path / "image.npy.vertices.npy")
    np.testing.assert_allclose(found, original_outputs[1][0], rtol=0, atol=VERTEX_TOLERANCE)
    if mapped is not None:
        names = {line.rpartition("/")[2].partition("-")[0] for line in mapped}
        assert names == {".ring_6_68641.litert", ".ring_6_68641.packed"}
        assert all(line.split()[1] == "r--s" for line in mapped), "mapped for all, and not to be written to"


def test_packed_weights_give_exactly_the_numbers_of_weights_that_each_process_packs(
    ringnet: RingNet, model_folder: Path, twenty_inputs: npt.NDArray[np.float32], tmp_path: Path
) -> None:
    for path in (*CheckpointFiles(model_folder).all, *model_folder.glob(".*.tflite")):
        shutil.copy(path, tmp_path)
    options = ReconstructionOptions(model_folder=tmp_path, device="cpu")
    with keeping_nothing():
        unpacked = open_network(options, CheckpointFiles(tmp_path))
    for one, other in zip(unpacked(twenty_inputs), ringnet._network(twenty_inputs), strict=True):
        np.testing.assert_array_equal(one, other)
