"""RingNet's checkpoint is found where its download put it."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from masking.core.config.options import ReconstructionOptions
from masking.core.errors import MissingModelFileError, ModelFileError
from masking.reconstruction.ringnet import RingNet
from masking.reconstruction.ringnet.checkpoint import CheckpointFiles
from masking.reconstruction.ringnet.checkpoint_location import has_checkpoint, locate_checkpoint
from masking.reconstruction.ringnet.frozen_cache import cache_path, read_cache, write_cache
from masking.reconstruction.ringnet.kept_files import folders_for
from masking.reconstruction.wanted_files import CHECKPOINT_SUFFIXES


def lay(folder: Path, stem: str = "ring_6_68641", added: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in CHECKPOINT_SUFFIXES:
        (folder / f"{stem}{suffix}{added}").write_text(suffix, encoding="utf-8")
    return folder


def contents(place: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in locate_checkpoint(place).all]


def test_in_the_folder_and_in_a_folder_of_its_own(tmp_path: Path) -> None:
    assert locate_checkpoint(lay(tmp_path / "a")).folder == tmp_path / "a"
    inner = lay(tmp_path / "b" / "RingNet" / "model")
    assert locate_checkpoint(tmp_path / "b").folder == inner


@pytest.mark.parametrize("suffix", ["", *CHECKPOINT_SUFFIXES])
def test_as_a_prefix_as_the_demos_load_path_and_as_any_of_its_files(tmp_path: Path, suffix: str) -> None:
    folder = lay(tmp_path)
    assert locate_checkpoint(tmp_path / f"ring_6_68641{suffix}").folder == folder


def test_under_names_with_an_extra_ending(tmp_path: Path) -> None:
    assert contents(lay(tmp_path, added=".txt")) == list(CHECKPOINT_SUFFIXES)
    assert len(list(tmp_path.iterdir())) == 3, "nothing is laid beside them"


def test_under_another_name_if_the_prefix_says_so(tmp_path: Path) -> None:
    lay(tmp_path, "mine")
    assert contents(tmp_path / "mine") == list(CHECKPOINT_SUFFIXES)
    with pytest.raises(MissingModelFileError, match=f"if mine is RingNet's, give MODEL_FOLDER = {tmp_path}/mine"):
        locate_checkpoint(tmp_path)


def test_in_an_archive_that_was_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "RingNet.zip", "w") as archive:
        for suffix in CHECKPOINT_SUFFIXES:
            archive.writestr(f"model/ring_6_68641{suffix}", suffix)
    assert contents(tmp_path) == contents(tmp_path / "RingNet.zip") == list(CHECKPOINT_SUFFIXES)
    lay(tmp_path / "unpacked")
    assert locate_checkpoint(tmp_path).folder == tmp_path / "unpacked"


@pytest.mark.parametrize("how", ["renamed", "packed"])
def test_what_is_made_once_of_it_is_kept_where_it_lies_and_not_with_the_copy(tmp_path: Path, how: str) -> None:
    if how == "renamed":
        lay(tmp_path / "model", "mine")
        files = locate_checkpoint(tmp_path / "model" / "mine")
    else:
        (tmp_path / "model").mkdir()
        with zipfile.ZipFile(tmp_path / "model" / "RingNet.zip", "w") as archive:
            for suffix in CHECKPOINT_SUFFIXES:
                archive.writestr(f"ring_6_68641{suffix}", suffix)
        files = locate_checkpoint(tmp_path / "model")
    assert tmp_path not in files.folder.parents, "a copy under the names that TensorFlow expects"
    assert files.kept_in == folders_for(files)[0] == cache_path(files).parent == tmp_path / "model"
    write_cache(files, b"graph")
    another_process = CheckpointFiles(Path(shutil.copytree(files.folder, tmp_path / "copy")), files.home)
    assert read_cache(another_process) == b"graph"


def test_two_checkpoints_are_told_apart_by_the_user(tmp_path: Path) -> None:
    lay(tmp_path / "a")
    lay(tmp_path / "b")
    with pytest.raises(ModelFileError, match="holds several checkpoints"):
        locate_checkpoint(tmp_path)


def test_what_is_not_whole_is_said(tmp_path: Path) -> None:
    lay(tmp_path, added=".txt")
    (tmp_path / "ring_6_68641.index.txt").unlink()
    assert has_checkpoint(tmp_path)
    with pytest.raises(ModelFileError, match=r"and beside it no ring_6_68641\.index"):
        locate_checkpoint(tmp_path)


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert not has_checkpoint(tmp_path)
    assert not has_checkpoint(tmp_path / "none" / "ring_6_68641")


@pytest.mark.thorough
def test_a_real_start_from_an_archive_and_from_names_with_an_extra_ending(
    model_folder: Path, flame_folder: Path, tmp_path: Path, ringnet: RingNet
) -> None:
    files = locate_checkpoint(model_folder).all
    with zipfile.ZipFile(tmp_path / "RingNet.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in files:
            archive.write(path, f"RingNet/{path.name}")
    started = RingNet(ReconstructionOptions(model_folder=tmp_path, flame_folder=flame_folder, device="cpu"))
    assert started.fingerprint == ringnet.fingerprint
