"""Data sets as they are published are masked where they lie, with the same outputs, resumed, recorded and audited."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_process import main
from masking.commands.main import main as command
from masking.core.errors import ExitCode
from masking.pipeline.outcomes_csv import read_outcomes

NAMES = {
    "LFW": ["Ada_Lovelace/Ada_Lovelace_0001.jpg", "Grace/Grace_0001.jpg"],
    "CelebA": ["000001.jpg", "000002.jpg"],
    "VGGFace2": ["n000001/0001_01.jpg", "n000009/0001_01.jpg"],
    "YouTubeFaces": ["Ada_Lovelace/0/0.555.jpg", "Grace/3/3.101.jpg"],
    "crops without videos": ["Ada/Ada_0.1_prep.png", "Grace/Grace_0.1_prep.png"],
}
IDENTITIES = {
    "LFW": {"Ada_Lovelace", "Grace"},
    "CelebA": {"000001", "000002"},
    "VGGFace2": {"n000001", "n000009"},
    "YouTubeFaces": {"Ada_Lovelace", "Grace"},
    "crops without videos": {"Ada", "Grace"},
}
ENDINGS = ("_overlay.png", "_mask_only.png", "_mesh.obj")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def run(*more: str) -> tuple[int, str]:
        code = main(["--input-folder", str(tmp_path / "tree"), "--output-folder", str(tmp_path / "out"), *more])
        return code, "".join(capsys.readouterr())

    return run


@pytest.fixture
def data_set(request: pytest.FixtureRequest, example_trees: Path, tmp_path: Path) -> list[Path]:
    """The photos of a small data set of the name that the test is given, below `tree`."""
    sources = sorted((example_trees / "query").rglob("*_prep.png"))
    photos = [tmp_path / "tree" / name for name in NAMES[request.getfixturevalue("name")]]
    for photo, source in zip(photos, (sources[0], sources[-1]), strict=True):
        photo.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, photo)
    return photos


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_a_data_set_is_masked_where_it_lies(
    name: str, data_set: list[Path], run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = run("--workers", "2")
    assert code == ExitCode.ALL_DONE, said
    stems = [str(photo.relative_to(tmp_path / "tree").with_suffix("")) for photo in data_set]
    assert below(tmp_path / "tree") == {*NAMES[name], *(stem + ending for stem in stems for ending in ENDINGS)}
    for stem in stems:
        assert (tmp_path / "out" / "images" / f"{stem}_overlay.png").is_file()
        assert (tmp_path / "out" / "mesh" / f"{stem}_mesh.obj").is_file()
    rows = list(read_outcomes(tmp_path / "out" / "outcomes.csv"))
    assert {row["identity"] for row in rows} == IDENTITIES[name]
    assert {str(Path(row["folder"], row["image"])) for row in rows} == set(NAMES[name])
    facts = json.loads((tmp_path / "out" / "run.json").read_text())
    assert facts["identities"] == {"all": 2, "finished": 2}
    assert command(["audit", str(tmp_path / "tree"), "--output-folder", str(tmp_path / "out")]) == ExitCode.ALL_DONE
    assert (
        command(["audit", str(tmp_path / "tree"), "--output-folder", str(tmp_path / "out"), "--rerun"])
        == ExitCode.ALL_DONE
    )
    assert command(["audit", str(tmp_path / "tree")]) == ExitCode.ALL_DONE


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_finds_all_done_and_a_lost_mask_is_made_again(
    name: str, data_set: list[Path], run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    run()
    code, said = run()
    assert (code, "Skipped: 2 images" in said) == (ExitCode.ALL_DONE, True), said
    assert "0 to do" in run("--dry-run")[1]
    lost = data_set[1].with_name(f"{data_set[1].stem}_overlay.png")
    lost.unlink()
    code, said = run()
    assert (code, "Skipped: 1 images" in said, lost.exists()) == (ExitCode.ALL_DONE, True, True), said


@pytest.mark.parametrize("name", NAMES)
def test_what_shows_a_face_goes_with_its_photo_in_each_layout(
    name: str, data_set: list[Path], run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    run("--set", "OUTPUT.SAVE_VISUALIZATION=yes")
    shown = data_set[0].with_name(f"{data_set[0].stem}_visualization.png")
    assert shown.exists()
    data_set[0].unlink()
    _, said = run("--set", "OUTPUT.SAVE_VISUALIZATION=yes")
    assert "1 masked images are no longer in the input folder" in said
    assert not shown.exists()
    data_set[1].unlink()
    assert run()[0] == ExitCode.USAGE
    assert [path for path in below(tmp_path) if "visualization" in path] == []


@pytest.mark.parametrize("name", ["CelebA"])
def test_a_pattern_says_whom_flat_photos_show(
    name: str, data_set: list[Path], run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    for photo in data_set:
        photo.rename(photo.with_name(f"Ada_{photo.name}"))
    code, said = run("--set", "DEFAULT.IDENTITY_PATTERN=^(.+)_[0-9]+$")
    assert code == ExitCode.ALL_DONE, said
    assert "flat (INPUT_FOLDER/<image>)" in said
    assert [row["identity"] for row in read_outcomes(tmp_path / "out" / "outcomes.csv")] == ["Ada", "Ada"]
    assert main(["--pairs", str(tmp_path / "out"), str(tmp_path / "out")]) == ExitCode.ALL_DONE


@pytest.mark.parametrize("name", ["CelebA"])
def test_files_of_the_users_own_that_are_named_like_outputs_stay_and_are_named(
    name: str, data_set: list[Path], run: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    mine = [tmp_path / "tree" / name for name in ("me_overlay.png", "000001_texture.png", "000002.obj", "000002.npz")]
    for path in mine:
        path.write_bytes(b"mine")
    code, said = run()
    assert code == ExitCode.ALL_DONE, said
    assert [path.read_bytes() for path in mine] == [b"mine"] * len(mine)
    assert "Left alone: 1 file that looks like photos: me_overlay.png" in said
