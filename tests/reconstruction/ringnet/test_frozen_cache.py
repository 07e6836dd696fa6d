from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.freezing import freeze_checkpoint
from masking.reconstruction.ringnet.frozen_cache import cache_path, read_cache, write_cache
from masking.reconstruction.ringnet.tensorflow_network import open_tensorflow_network
from masking.reconstruction.ringnet.tensorflow_runtime import start_tensorflow


@pytest.fixture
def files(tmp_path: Path) -> CheckpointFiles:
    return checkpoint(tmp_path, b"data")


def checkpoint(folder: Path, data: bytes) -> CheckpointFiles:
    files = CheckpointFiles(folder)
    files.meta.write_bytes(b"meta")
    files.index.write_bytes(b"index")
    files.data.write_bytes(data)
    return files


def test_what_is_kept_comes_back(files: CheckpointFiles) -> None:
    write_cache(files, b"graph\nof\nlines")
    assert read_cache(files) == b"graph\nof\nlines"


def test_nothing_kept_yet(files: CheckpointFiles) -> None:
    assert read_cache(files) is None


def test_a_change_of_any_of_the_three_files_makes_it_foreign(files: CheckpointFiles) -> None:
    write_cache(files, b"graph")
    for path in files.all:
        before = path.read_bytes()
        path.write_bytes(before + b"!")
        assert read_cache(CheckpointFiles(files.folder)) is None
        path.write_bytes(before)
    assert read_cache(CheckpointFiles(files.folder)) == b"graph"


@pytest.mark.parametrize("position", [0, 40, 100, -1])
def test_a_single_wrong_byte_makes_it_unusable(
    files: CheckpointFiles, position: int, caplog: pytest.LogCaptureFixture
) -> None:
    write_cache(files, b"graph")
    content = bytearray(cache_path(files).read_bytes())
    content[position] ^= 1
    cache_path(files).write_bytes(content)
    assert read_cache(files) is None
    assert "made again" in caplog.text


def test_a_cut_off_or_empty_one_is_unusable(files: CheckpointFiles) -> None:
    write_cache(files, b"graph")
    whole = cache_path(files).read_bytes()
    for length in range(len(whole)):
        cache_path(files).write_bytes(whole[:length])
        assert read_cache(files) is None


def test_the_one_of_another_checkpoint_under_this_name_is_unusable(files: CheckpointFiles, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = checkpoint(tmp_path / "other", b"other data")
    write_cache(other, b"graph")
    shutil.copy(cache_path(other), cache_path(files))
    assert read_cache(files) is None


def test_it_takes_the_place_of_that_of_an_earlier_checkpoint(files: CheckpointFiles) -> None:
    write_cache(files, b"graph")
    later = checkpoint(files.folder, b"later data")
    write_cache(later, b"later graph")
    assert [path for path in files.folder.iterdir() if path not in files.all] == [cache_path(later)]


def test_a_place_that_cannot_be_written_is_no_error_and_stays_clean(
    files: CheckpointFiles, caplog: pytest.LogCaptureFixture
) -> None:
    cache_path(files).mkdir()
    with caplog.at_level(logging.INFO):
        write_cache(files, b"graph")
    assert "not kept" in caplog.text
    assert sorted(files.folder.iterdir()) == sorted([*files.all, cache_path(files)])
    assert read_cache(files) is None


def test_a_folder_that_cannot_be_written_is_no_error(files: CheckpointFiles) -> None:
    _ = files.fingerprint
    shutil.rmtree(files.folder)
    write_cache(files, b"graph")


def test_the_second_start_runs_the_kept_graph(
    model_folder: Path, twenty_inputs: npt.NDArray[np.float32], tmp_path: Path
) -> None:
    """A head moved in the kept graph shows that this graph is what runs, and the checkpoint isn't read for it."""
    tf, device = start_tensorflow("cpu", 0)
    for path in CheckpointFiles(model_folder).all:
        shutil.copy(path, tmp_path)
    graph = freeze_checkpoint(tf, CheckpointFiles(model_folder))
    mean = next(node for node in graph.node if node.name == "mean_param")
    moved = tf.make_ndarray(mean.attr["value"].tensor).copy()
    moved[0, 1] += 7
    mean.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(moved))
    write_cache(CheckpointFiles(tmp_path), graph.SerializeToString())
    network = open_tensorflow_network(tf, device, CheckpointFiles(tmp_path))
    assert network(twenty_inputs[:1])[0][0, 1] == pytest.approx(7, abs=0.1)
