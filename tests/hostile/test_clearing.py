"""No stale mask stays beside a new photo: all goes that can, the most telling first, and what stays is named."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking.core.errors import ExitCode, PublishError
from masking.core.safe_files import Folder
from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import ALL_KINDS
from tests.hostile.conftest import Study


def a_new_photo_without_a_face(study: Study) -> None:
    Image.fromarray(np.full((224, 224, 3), 127, np.uint8)).save(study.photo)


@pytest.mark.parametrize(
    "stuck", ["backup _overlay.png", "backup _mask_only.png", "beside _mask_only.png", "mesh _mesh.obj"]
)
def test_all_else_goes_where_one_file_can_not_be_removed(study: Study, stuck: str) -> None:
    study.masked()
    where, suffix = stuck.split()
    path = {"beside": study.beside, "backup": study.backup, "mesh": lambda ending: study.backup(ending, "mesh")}[where](
        suffix
    )
    path.unlink()
    (path / "in it").mkdir(parents=True)
    a_new_photo_without_a_face(study)
    assert study.run() == ExitCode.SOME_NOT_DONE
    written = [study.beside(ending) for ending in ("_overlay.png", "_mask_only.png", "_mesh.obj")]
    written += [study.backup("_overlay.png"), study.backup("_mask_only.png"), study.backup("_mesh.obj", "mesh")]
    assert [found for found in written if found.exists()] == [path]
    with (study.output / "outcomes.csv").open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["video"] == "1")
    assert row["status"] == "failed"
    assert str(path) in row["reason"]
    assert "no face" in row["reason"]


def test_overlays_go_first_and_beside_the_photo_before_the_backup(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.output.mkdir()
    publisher, image = OutputPublisher(study.output), PreparedImage("Ada", "1", study.photo)
    publisher.publish(image, dict.fromkeys(ALL_KINDS, b"old"))
    removed: list[str] = []
    true_remove = Folder.remove

    def remove(folder: Folder, name: str) -> None:
        if "_prep" in name:
            removed.append(f"{folder.path}/{name}")
        true_remove(folder, name)

    monkeypatch.setattr(Folder, "remove", remove)
    publisher.withdraw(image)
    assert removed[:2] == [str(study.beside("_overlay.png")), str(study.backup("_overlay.png"))]
    below_output = [str(study.output) in name for name in removed[2:]]
    assert below_output == sorted(below_output)
    assert [path for path in study.folder.rglob("*") if path.is_file() and "_prep_" in path.name] == []


def test_every_file_that_stays_is_named(study: Study) -> None:
    study.output.mkdir()
    stuck = [study.beside("_overlay.png"), study.backup("_mask_only.png"), study.backup("_params.npz", "params")]
    for path in stuck:
        (path / "in it").mkdir(parents=True)
    with pytest.raises(PublishError) as told:
        OutputPublisher(study.output).withdraw(PreparedImage("Ada", "1", study.photo))
    assert [str(path) in str(told.value) for path in stuck] == [True] * 3


def test_a_photo_that_replaces_another_gets_rid_of_its_mask_though_its_backup_is_locked_away(study: Study) -> None:
    """As on a backup disk that has become read-only; root may write everywhere, so a folder stands in its way."""
    study.masked()
    backup = study.backup("_overlay.png")
    backup.unlink()
    (backup / "in it").mkdir(parents=True)
    photo = np.array(Image.open(study.photo))
    Image.fromarray(photo[:, ::-1]).save(study.photo)
    assert study.run() == ExitCode.SOME_NOT_DONE
    assert not study.beside("_overlay.png").exists()
    assert not study.beside("_mask_only.png").exists()
    assert Path(backup).is_dir()


def make_it_two(study: Study) -> None:
    study.photo.with_suffix(".jpg").write_bytes(study.photo.read_bytes())


def make_it_a_link_out_of_the_tree(study: Study) -> None:
    elsewhere = study.folder / "elsewhere_prep.png"
    study.photo.rename(elsewhere)
    study.photo.symlink_to(elsewhere)


def make_it_a_folder(study: Study) -> None:
    study.photo.unlink()
    study.photo.mkdir()


@pytest.mark.parametrize("change", [make_it_two, make_it_a_link_out_of_the_tree, make_it_a_folder])
def test_an_image_that_is_refused_from_now_on_loses_its_mask(study: Study, change: Callable[[Study], None]) -> None:
    study.masked()
    change(study)
    assert study.run() == ExitCode.SOME_NOT_DONE
    written = [study.beside(ending) for ending in ("_overlay.png", "_mask_only.png", "_mesh.obj")]
    written += [study.backup("_overlay.png"), study.backup("_mask_only.png"), study.backup("_mesh.obj", "mesh")]
    assert [found for found in written if found.exists()] == []
    study.beside("_overlay.png").write_bytes(b"my own")
    study.run()
    assert study.beside("_overlay.png").read_bytes() == b"my own"


def test_what_is_hidden_is_not_part_of_the_tree(study: Study) -> None:
    for name in (".hidden_prep.png", "._a_prep.png"):
        study.photo.with_name(name).write_bytes(study.photo.read_bytes())
    for folder in (study.query / ".snapshot", study.query / "Ada" / ".snapshot" / "hourly.0"):
        shutil.copytree(study.photo.parent, folder / "Ada" / "1")
    (study.query / ".linked").symlink_to(study.query / "Ada")
    study.masked()
    assert len((study.output / "outcomes.csv").read_text().splitlines()) == 1 + 2
    assert list((study.query / ".snapshot").rglob("*_overlay.png")) == []
