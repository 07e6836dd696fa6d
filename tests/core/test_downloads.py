"""Downloads are found as they arrived; where that isn't possible, the message says what is there."""

from __future__ import annotations

import bz2
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from masking.core.downloads import MAX_ENTRIES, Wanted, find, plain_name, read_found, survey, unpacked
from masking.core.errors import MissingModelFileError, ModelFileError
from masking.faces.landmarks import PREDICTOR_FILE
from masking.reconstruction.wanted_files import (
    FLAME_MODEL_FILE,
    FLAME_SAMPLE_FILE,
    STATIC_EMBEDDING_FILE,
    TEXTURE_DATA_FILE,
)


def lay(folder: Path, *names: str) -> None:
    """Files at these places, each of a content of its own."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(f"{path.stem}/generic_model.pkl", f"in {name}")
        else:
            path.write_text(name, encoding="utf-8")


FOUND = [
    (FLAME_MODEL_FILE, ["generic_model.pkl"], "generic_model.pkl"),
    (FLAME_MODEL_FILE, ["FLAME2020/generic_model.pkl"], "FLAME2020/generic_model.pkl"),
    (FLAME_MODEL_FILE, ["ch_models/generic_model.pkl", "readme.txt"], "ch_models/generic_model.pkl"),
    (FLAME_MODEL_FILE, ["a/FLAME 2020/generic_model.pkl"], "a/FLAME 2020/generic_model.pkl"),
    (FLAME_MODEL_FILE, ["generic_model.pkl.txt"], "generic_model.pkl.txt"),
    (FLAME_MODEL_FILE, ["generic_model (1).pkl"], "generic_model (1).pkl"),
    (FLAME_MODEL_FILE, ["Generic_Model.PKL"], "Generic_Model.PKL"),
    (FLAME_MODEL_FILE, ["flame2023.pkl", "flame2023_no_jaw.pkl"], "flame2023.pkl"),
    (FLAME_MODEL_FILE, ["flame2023_no_jaw.pkl"], "flame2023_no_jaw.pkl"),
    (FLAME_MODEL_FILE, ["male_model.pkl"], "male_model.pkl"),
    (FLAME_MODEL_FILE, ["FLAME2020/male_model.pkl", "FLAME2020/female_model.pkl", "FLAME2020/generic_model.pkl"],
     "FLAME2020/generic_model.pkl"),
    # What the user put into the folder itself is meant, whatever archives and folders lie beside it.
    (FLAME_MODEL_FILE, ["female_model.pkl", "FLAME2020/generic_model.pkl"], "female_model.pkl"),
    (FLAME_MODEL_FILE, ["generic_model.pkl", "flame2023.pkl", "FLAME2020/generic_model.pkl", "FLAME2020.zip"],
     "generic_model.pkl"),
    (FLAME_MODEL_FILE, ["FLAME2020.zip", "FLAME2020/generic_model.pkl"], "FLAME2020/generic_model.pkl"),
    (FLAME_MODEL_FILE, ["FLAME2020.zip"], "FLAME2020.zip"),
    (TEXTURE_DATA_FILE, ["FLAME_texture_data/texture_data_256.npy", "FLAME_texture_data/texture_data_512.npy",
                         "FLAME_texture_data/texture_data_2048.npy"], "FLAME_texture_data/texture_data_512.npy"),
    (TEXTURE_DATA_FILE, ["texture_data_1024.npy", "FLAME_texture_data/texture_data_512.npy"], "texture_data_1024.npy"),
    (PREDICTOR_FILE, ["shape_predictor_81_face_landmarks.dat.bz2"], "shape_predictor_81_face_landmarks.dat.bz2"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "names", "expected"), FOUND, ids=[" + ".join(names) for _, names, _ in FOUND])
def test_what_fits_is_found(tmp_path: Path, wanted: Wanted, names: list[str], expected: str) -> None:
    lay(tmp_path, *names)
    assert find(wanted, tmp_path).path == tmp_path / expected


def test_a_file_in_an_archive_is_read_from_it(tmp_path: Path) -> None:
    lay(tmp_path, "FLAME2020.zip")
    found = find(FLAME_MODEL_FILE, tmp_path)
    assert str(found) == f"{tmp_path}/FLAME2020.zip (FLAME2020/generic_model.pkl in it)"
    assert read_found(found, FLAME_MODEL_FILE) == b"in FLAME2020.zip"
    assert find(FLAME_MODEL_FILE, tmp_path / "FLAME2020.zip") == found


@pytest.mark.parametrize(
    "names",
    [
        ["FLAME2019/generic_model.pkl", "FLAME2020/generic_model.pkl"],
        ["FLAME2020/generic_model.pkl", "FLAME2023/flame2023.pkl"],
        ["male_model.pkl", "female_model.pkl"],
        ["a.zip", "b.zip"],
    ],
)
def test_where_several_fit_equally_well_all_are_named(tmp_path: Path, names: list[str]) -> None:
    lay(tmp_path, *names)
    with pytest.raises(ModelFileError, match=r"holds several files that could be generic_model\.pkl") as caught:
        find(FLAME_MODEL_FILE, tmp_path)
    assert all(name in caught.value.problem for name in names)
    assert f"into {tmp_path} as generic_model.pkl" in caught.value.remedy


def test_copies_of_one_file_are_one_file(tmp_path: Path) -> None:
    for name in ("generic_model (1).pkl", "generic_model (2).pkl"):
        (tmp_path / name).write_bytes(b"the same")
    assert find(FLAME_MODEL_FILE, tmp_path).name == "generic_model (1).pkl"


def test_where_none_fits_the_message_says_what_lies_there_and_what_to_rename(tmp_path: Path) -> None:
    lay(tmp_path, "generic_modell.pkl", "notes/todo.md", "README.md")
    (tmp_path / "broken.zip").write_bytes(b"half a download")
    with pytest.raises(MissingModelFileError) as caught:
        find(FLAME_MODEL_FILE, tmp_path)
    assert caught.value.problem == (
        f"is missing; {tmp_path} holds generic_modell.pkl, notes/todo.md; broken.zip is not a zip archive, or a "
        "damaged one; if generic_modell.pkl is it, rename it to generic_model.pkl"
    )


def test_a_path_to_the_file_is_taken_for_it_whatever_its_name(tmp_path: Path) -> None:
    lay(tmp_path, "mine.pkl", "FLAME_sample.ply", "my.dat")
    assert find(FLAME_MODEL_FILE, tmp_path / "mine.pkl").name == "mine.pkl"
    assert find(FLAME_SAMPLE_FILE, tmp_path / "mine.pkl").name == "FLAME_sample.ply", "what lies beside it"
    assert find(PREDICTOR_FILE, tmp_path / "my.dat").name == "my.dat"
    with pytest.raises(MissingModelFileError):
        find(STATIC_EMBEDDING_FILE, tmp_path / "mine.pkl")


def test_hidden_names_and_folders_too_deep_are_not_looked_into(tmp_path: Path) -> None:
    lay(tmp_path, ".cache/generic_model.pkl", "__MACOSX/generic_model.pkl", "a/b/c/generic_model.pkl")
    with pytest.raises(MissingModelFileError, match="holds no file"):
        find(FLAME_MODEL_FILE, tmp_path)


def test_a_link_in_a_circle_and_a_pipe_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "FLAME_sample.ply")
    lay(tmp_path, "generic_model.pkl")
    assert find(FLAME_MODEL_FILE, tmp_path).path == tmp_path / "generic_model.pkl"
    with pytest.raises(MissingModelFileError):
        find(FLAME_SAMPLE_FILE, tmp_path)


def test_a_folder_of_very_many_files_is_looked_through_so_far_and_no_farther(tmp_path: Path) -> None:
    for number in range(MAX_ENTRIES + 10):
        (tmp_path / f"{number:06}").touch()
    assert len(survey(tmp_path).files) == MAX_ENTRIES


def test_a_packed_file_is_unpacked_for_a_library_and_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "shape_predictor_81_face_landmarks.dat.bz2").write_bytes(bz2.compress(b"forest"))
    with unpacked(find(PREDICTOR_FILE, tmp_path), PREDICTOR_FILE) as path:
        assert path.read_bytes() == b"forest"
        assert path.stat().st_mode & 0o077 == 0
    assert not path.exists()


def test_a_bomb_in_place_of_the_predictor_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "shape_predictor_81_face_landmarks.dat.bz2"
    path.write_bytes(bz2.compress(bytes(1_000_001)))
    with pytest.raises(ModelFileError, match="unpacks to more than the 1,000,000 bytes"):
        read_found(find(PREDICTOR_FILE, tmp_path), replace(PREDICTOR_FILE, max_bytes=1_000_000))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ring_6_68641.data-00000-of-00001.txt", "ring_6_68641.data-00000-of-00001"),
        ("ring_6_68641 (2).index", "ring_6_68641.index"),
        ("ring_6_68641.meta (1)", "ring_6_68641.meta"),
        ("generic_model - Copy.pkl", "generic_model.pkl"),
        ("generic_model copy.pkl.txt", "generic_model.pkl"),
    ],
)
def test_what_browsers_and_desktops_add_to_names_does_not_count(name: str, plain: str) -> None:
    assert plain_name(name) == plain
