"""No stale mask stays beside a new photo: all goes that can, the most telling first, and what stays is named."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masking.dataset import OutputPublisher, PreparedImage
from masking.dataset.outputs import ALL_KINDS
from masking.door import Folder
from masking.errors import ExitCode, PublishError
from tests.hostile.conftest import Study


def a_new_photo_without_a_face(study: Study) -> None:
    Image.fromarray(np.full((224, 224, 3), 127, np.uint8)).save(study.photo)


@pytest.mark.parametrize("stuck", ["backup _overlay.png", "backup _mask_only.png", "beside _mask_only.png", "mesh .obj"])
def test_all_else_goes_where_one_file_can_not_be_removed(study: Study, stuck: str) -> None:
    study.masked()
    where, suffix = stuck.split()
    path = {"beside": study.beside, "backup": study.backup, "mesh": lambda ending: study.backup(ending, "mesh")}[where](
        suffix
    )
    path.unlink()
    (path / "in it").mkdir(parents=True)
    a_new_photo_without_a_face(study)
    assert study.run() == ExitCode.SOME_NOT_MASKED
    written = [study.beside(ending) for ending in ("_overlay.png", "_mask_only.png", ".obj")]
    written += [study.backup("_overlay.png"), study.backup("_mask_only.png"), study.backup(".obj", "mesh")]
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
    stuck = [study.beside("_overlay.png"), study.backup("_mask_only.png"), study.backup(".npz", "params")]
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
    assert study.run() == ExitCode.SOME_NOT_MASKED
    assert not study.beside("_overlay.png").exists()
    assert not study.beside("_mask_only.png").exists()
    assert Path(backup).is_dir()
