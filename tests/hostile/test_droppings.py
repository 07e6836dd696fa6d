"""What phones, colleagues, network storage and other systems leave in a tree is reported where it might be a photo."""

from __future__ import annotations

import json
import shutil
import unicodedata
from pathlib import Path

import pytest

from batch_process import main
from masking.core.errors import ExitCode
from masking.dataset.tree import RefusedEntry, walk
from masking.pipeline.outcomes_csv import read_outcomes
from tests.hostile.conftest import Study

LEFT_ALONE = {
    "d_prep (1).png": "its name doesn't end in _prep",
    "e_prep - Copy.png": "its name doesn't end in _prep",
    "f_prepared.jpg": "its name doesn't end in _prep",
    ".c_prep.png.icloud": "not downloaded from iCloud",
    "g_prep.heic": "of a format that isn't read",
    "h_prep.png.crdownload": "its name ends in .crdownload",
    "i_prep.png.txt": "its name ends in .txt",
    "a_prep.webp": "a PNG or JPEG of the same name is there",
}
QUIET = [
    "._a_prep.png", ".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt", "a.jpg", "frame_0.1.jpg",
    "@eaDir/a_prep.png/SYNOPHOTO_THUMB_M.jpg", "@eaDir/b_prep.png", "#recycle/x_prep.png", "__MACOSX/1/._a_prep.png",
    ".AppleDouble/a_prep.png",
]  # fmt: skip


def put(folder: Path, names: list[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"anything")


@pytest.mark.parametrize("extra", [[], ["--dry-run"]])
def test_what_looks_like_a_photo_and_is_left_alone_is_counted_and_named(study: Study, extra: list[str]) -> None:
    put(study.photo.parent, [*LEFT_ALONE, *QUIET])
    study.masked(*extra)
    (line,) = [line for line in study.said.splitlines() if line.startswith("Left alone:")]
    assert "8 files that look like photos" in line
    assert all(f"Ada/1/{name} ({why})" in line for name, why in LEFT_ALONE.items())
    if not extra:
        facts = json.loads((study.output / "run.json").read_text())["left_alone"]
        assert facts == {"count": 8, "first": {f"Ada/1/{name}": why for name, why in sorted(LEFT_ALONE.items())}}
        assert line in (study.output / "run.log").read_text()
        assert not [name for name in LEFT_ALONE if (study.photo.parent / name).read_bytes() != b"anything"]


def test_of_many_the_first_are_named_and_all_are_counted(study: Study) -> None:
    put(study.photo.parent, [f"{number:02}_prep (1).png" for number in range(30)])
    study.masked()
    assert "Left alone: 30 files" in study.said
    assert "09_prep (1).png" in study.said
    assert ", and 20 more" in study.said


def test_droppings_are_left_alone_quietly(study: Study) -> None:
    put(study.photo.parent, QUIET)
    put(study.query, [*QUIET, "@eaDir/Ada/1/a_prep.png"])
    study.masked()
    assert "Left alone" not in study.said
    assert len(list(read_outcomes(study.output / "outcomes.csv"))) == 2


def test_a_name_that_forges_a_line_is_escaped(study: Study) -> None:
    put(study.photo.parent, ["x_prep (1)\nDone: 9 images.png"])
    study.masked()
    assert "\nDone: 9" not in study.said
    assert "\\x0aDone: 9 images" in study.said


@pytest.mark.parametrize("ending", ["webp", "tif", "bmp", "jfif", "avif"])
def test_other_formats_that_are_read_are_masked_under_their_own_names(study: Study, ending: str) -> None:
    from PIL import Image

    image = Image.open(study.photo).convert("RGB")
    other = study.photo.with_name(f"b_prep.{ending}")
    image.save(other, "JPEG" if ending == "jfif" else None)
    study.masked()
    assert other.with_name("b_prep_overlay.png").is_file()


NFC, NFD = unicodedata.normalize("NFC", "José"), unicodedata.normalize("NFD", "José")


def test_a_name_composed_in_the_query_and_decomposed_in_the_database_is_one_identity(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when one tree came from a Mac."""
    for side, name in (("query", NFC), ("database", NFD)):
        (study.folder / side / name).mkdir(parents=True)
        shutil.copytree(study.photo.parent, study.folder / side / name / "1")
        main(["--input-folder", str(study.folder / side), "--output-folder", str(study.folder / f"masks of {side}")])
    shutil.rmtree(study.query / "Ada")
    main(["--input-folder", str(study.query), "--output-folder", str(study.folder / "masks of query")])
    capsys.readouterr()
    pair = ["--pairs", str(study.folder / "masks of query"), str(study.folder / "masks of database")]
    assert main(pair) == ExitCode.ALL_DONE
    said = capsys.readouterr().out
    assert "1 of 1 identities have a mask in query and database" in said
    assert said.count(NFC) == 1


def test_two_photos_whose_outputs_one_file_system_would_take_for_the_same_are_both_refused(tmp_path: Path) -> None:
    put(tmp_path / "Ada" / "1", [f"{NFC}_prep.png", f"{NFD}_prep.png", "other_prep.png"])
    refused = [entry for entry in walk(tmp_path) if isinstance(entry, RefusedEntry)]
    assert len(refused) == 2
    assert {entry.reason for entry in refused} == {
        "another prepared image of this folder would write outputs of the same names"
    }


def test_an_output_folder_belongs_to_its_tree_however_the_trees_name_is_written(tmp_path: Path) -> None:
    """macOS takes both for one folder; the record of whose it is may hold either."""
    from masking.pipeline.output_folder import OWNER_FILE, belongs_to, take_output_folder

    (tmp_path / NFC).mkdir()
    take_output_folder(tmp_path / "output", tmp_path / NFC)
    owner = tmp_path / "output" / OWNER_FILE
    owner.write_text(json.dumps({"input_folder": str(tmp_path.resolve() / NFD)}))
    take_output_folder(tmp_path / "output", tmp_path / NFC)
    assert belongs_to(tmp_path / "output", tmp_path / NFC)
