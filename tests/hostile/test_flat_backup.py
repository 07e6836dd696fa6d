"""The original's flat backup under attack and in everyday use: nothing is overwritten, lost or left behind."""

from __future__ import annotations

import csv
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch_process import main
from masking.core.errors import ExitCode
from masking.dataset.publishing import _temporary
from masking.reidentification.trees import MaskedImage, RefusedEntry, open_tree
from tests.audit.command import audit
from tests.hostile.conftest import Study
from tests.report.test_html_report import data

PRESET = ("--preset", "original")
MINE = b"my own work of three weeks"
FLAT = (
    "images/{}_overlay.png", "images/{}_mask_only.png", "images/{}overlay.npy", "images/{}mask_only.npy",
    "mesh/{}.obj", "params/{}.npy",
)  # fmt: skip
ENDINGS = ("_overlay.png", "_mask_only.png")


def outcomes(output: Path) -> dict[str, tuple[str, str]]:
    with (output / "outcomes.csv").open(newline="", encoding="utf-8") as file:
        return {f"{row['folder']}/{row['image']}": (row["status"], row["reason"]) for row in csv.DictReader(file)}


def backup(output: Path) -> set[str]:
    """Names of all that is in folders there."""
    return {path.relative_to(output).as_posix() for path in output.glob("*/**/*") if path.is_file()}


def flat(*stems: str) -> set[str]:
    return {name.format(stem) for name in FLAT for stem in stems}


def faults(study: Study, *more: str) -> str:
    code = audit([str(study.query), "--output-folder", str(study.output), *more])
    said = "".join(study.capsys.readouterr())
    assert code == (ExitCode.ALL_DONE if " 0 faults found" in said else ExitCode.SOME_NOT_DONE)
    return said


@pytest.fixture
def named(study: Study) -> Study:
    """The two images with a name each."""
    second = study.query / "Ada" / "2" / "a_prep.png"
    second.rename(second.with_name("b_prep.png"))
    return study


def test_of_two_images_of_one_name_the_second_gets_no_mask_and_a_reason(study: Study) -> None:
    for _ in range(2):
        assert study.run(*PRESET) == ExitCode.SOME_NOT_DONE
        found = outcomes(study.output)
        assert found["Ada/1/a_prep.png"] == ("masked", "")
        status, reason = found["Ada/2/a_prep.png"]
        assert status == "unreadable"
        assert "the same names as those of the image in Ada/1" in reason
        assert "rename it, or set OUTPUT_LAYOUT = tree" in reason
        assert backup(study.output) == flat("a_prep")
        assert (study.output / "images" / "a_prep_overlay.png").read_bytes() == study.beside(
            "_overlay.png"
        ).read_bytes()
        assert not list((study.query / "Ada" / "2").glob("*_overlay*"))
    assert "Skipped: 1 images" in study.said
    assert " 0 faults" in faults(study)


def test_nor_is_the_firsts_mask_taken_for_its_own_where_nothing_is_written_beside(study: Study) -> None:
    assert study.run(*PRESET, "--set", "OUTPUT.OUTPUTS=backup") == ExitCode.SOME_NOT_DONE
    assert backup(study.output) == flat("a_prep")
    assert " 0 faults" in faults(study)


def test_once_it_is_renamed_it_is_masked_too(study: Study) -> None:
    study.run(*PRESET)
    second = study.query / "Ada" / "2" / "a_prep.png"
    second.rename(second.with_name("b_prep.png"))
    study.masked(*PRESET)
    assert "Done: 1 images" in study.said
    assert backup(study.output) == flat("a_prep", "b_prep")


def test_names_that_some_file_system_takes_for_one_are_one(study: Study) -> None:
    second = study.query / "Ada" / "2" / "a_prep.png"
    second.rename(second.with_name("A_prep.png"))
    assert study.run(*PRESET) == ExitCode.SOME_NOT_DONE
    assert outcomes(study.output)["Ada/2/A_prep.png"][0] == "unreadable"


def test_an_image_that_comes_before_takes_the_name_and_the_others_mask_goes(study: Study) -> None:
    study.run(*PRESET)
    earlier = study.query / "Ada" / "0"
    earlier.mkdir()
    Image.open(study.photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(earlier / "a_prep.png")
    assert study.run(*PRESET) == ExitCode.SOME_NOT_DONE
    assert {place for place, (status, _) in outcomes(study.output).items() if status == "masked"} == {
        "Ada/0/a_prep.png"
    }
    assert (study.output / "images" / "a_prep_overlay.png").read_bytes() == (
        earlier / "a_prep_overlay.png"
    ).read_bytes()
    assert not study.beside("_overlay.png").exists()
    assert " 0 faults" in faults(study)


def test_a_failed_proof_leaves_nothing_not_even_an_array(named: Study) -> None:
    named.masked(*PRESET)
    assert backup(named.output) == flat("a_prep", "b_prep")
    Image.fromarray(np.full((224, 224, 3), 127, np.uint8)).save(named.photo)
    assert named.run(*PRESET) == ExitCode.SOME_NOT_DONE
    assert backup(named.output) == flat("b_prep")
    assert list(named.photo.parent.iterdir()) == [named.photo]
    assert " 0 faults" in faults(named)


def test_what_is_not_asked_for_any_more_goes(named: Study) -> None:
    named.masked(*PRESET)
    fewer = ("--set", "OUTPUT.SAVE_ARRAYS=no", "--set", "OUTPUT.SAVE_MESH=no")
    named.masked(*PRESET, *fewer, "--set", "RENDERING.COLOR=ringnet")
    assert backup(named.output) == {name for name in flat("a_prep", "b_prep") if "params" in name or ".png" in name}


@pytest.mark.parametrize("harm", ["missing", "other bytes"])
@pytest.mark.parametrize("name", FLAT)
def test_a_second_run_mends_what_is_missing_and_with_verify_what_was_changed(
    named: Study, name: str, harm: str
) -> None:
    named.masked(*PRESET)
    path = named.output / name.format("a_prep")
    whole, times = path.read_bytes(), path.stat()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert str(path) in faults(named)
        named.masked(*PRESET)
        assert path.read_bytes() != whole
    named.masked(*PRESET, "--verify")
    assert path.read_bytes() == whole
    assert " 0 faults" in faults(named, "--rerun")


@pytest.mark.parametrize("name", FLAT)
def test_files_of_the_users_own_or_of_the_original_itself_stay(named: Study, name: str) -> None:
    mine = named.output / name.format("a_prep")
    mine.parent.mkdir(parents=True)
    mine.write_bytes(MINE)
    assert named.run(*PRESET) == ExitCode.SOME_NOT_DONE
    assert mine.read_bytes() == MINE
    status, reason = outcomes(named.output)["Ada/1/a_prep.png"]
    assert status == "failed"
    assert str(mine) in reason
    assert not named.beside("_overlay.png").exists()
    assert flat("b_prep") <= backup(named.output)
    mine.unlink()
    named.masked(*PRESET)


@pytest.mark.parametrize("name", ["X_prep.obj", "a_prep_mesh.obj", "a_prep_params.npz", "a_prep.npy"])
def test_what_lies_beside_a_photo_under_other_names_is_none_of_it(named: Study, name: str) -> None:
    named.photo.with_name(name).write_bytes(MINE)
    named.masked(*PRESET)
    named.masked(*PRESET, "--force")
    assert named.photo.with_name(name).read_bytes() == MINE


def test_nor_what_comes_there_later_even_after_an_image_that_failed(named: Study) -> None:
    """All that comes to stand at a failed image's places counts as a run's, but nothing where no run writes."""
    named.beside("_overlay.png").mkdir()
    assert named.run(*PRESET) == ExitCode.SOME_NOT_DONE
    named.beside("_overlay.png").rmdir()
    named.beside("_mesh.obj").write_bytes(MINE)
    named.masked(*PRESET)
    assert named.beside("_mesh.obj").read_bytes() == MINE


@pytest.mark.parametrize("name", FLAT)
def test_no_link_is_followed_to_a_file(named: Study, name: str) -> None:
    named.masked(*PRESET)
    victim = named.folder / "victim"
    victim.write_bytes(MINE)
    link = named.output / name.format("a_prep")
    link.unlink()
    link.symlink_to(victim)
    named.masked(*PRESET, "--force")
    assert victim.read_bytes() == MINE
    assert not link.is_symlink()


@pytest.mark.parametrize("folder", ["images", "mesh", "params"])
def test_no_link_is_followed_to_a_folder(named: Study, folder: str) -> None:
    elsewhere = named.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a_prep_overlay.png").write_bytes(MINE)
    named.output.mkdir()
    (named.output / folder).symlink_to(elsewhere)
    assert named.run(*PRESET) == ExitCode.SOME_NOT_DONE
    assert {status for status, _ in outcomes(named.output).values()} == {"failed"}
    assert [(path.name, path.read_bytes()) for path in elsewhere.iterdir()] == [("a_prep_overlay.png", MINE)]


def test_what_a_killed_run_had_begun_goes(named: Study) -> None:
    begun = (
        ("images", "a_prep_overlay.png"), ("images", "a_prepoverlay.npy"), ("images", "b_prep_visualization.png"),
        ("mesh", "b_prep.obj"), ("neutral_mesh", "b_prep.obj"),
    )  # fmt: skip
    for folder, name in begun:
        (named.output / folder).mkdir(parents=True, exist_ok=True)
        (named.output / folder / _temporary(name)).write_bytes(b"half")
    named.masked(*PRESET)
    assert backup(named.output) == flat("a_prep", "b_prep")


def test_workers_write_the_same_bytes(named: Study) -> None:
    named.masked(*PRESET)
    before = {name: (named.output / name).read_bytes() for name in backup(named.output)}
    named.masked(*PRESET, "--workers", "2", "--force")
    assert {name: (named.output / name).read_bytes() for name in backup(named.output)} == before


def test_photos_that_may_only_be_read_have_their_masks_in_the_backup(named: Study) -> None:
    named.masked(*PRESET, "--set", "OUTPUT.OUTPUTS=backup")
    assert backup(named.output) == flat("a_prep", "b_prep")
    assert not [path for ending in ENDINGS for path in named.query.rglob(f"*{ending}")]
    assert " 0 faults" in faults(named, "--rerun")


def test_two_layouts_are_not_mixed_nor_would_they_be(named: Study) -> None:
    named.masked()
    before = backup(named.output)
    for more in ([], ["--dry-run"], ["--image", str(named.photo)]):
        arguments = [*named.arguments[2:], *more] if "--image" in more else [*named.arguments, *more]
        assert main([*arguments, *PRESET]) == ExitCode.USAGE
        said = named.capsys.readouterr().err
        assert "holds results with OUTPUT_LAYOUT = tree, and this run's is original" in said
    assert backup(named.output) == before


def test_a_dry_run_knows_what_goes_where(named: Study) -> None:
    assert named.run(*PRESET, "--dry-run") == ExitCode.ALL_DONE
    assert f"Output: {named.output}, one folder a kind, as the original's, and beside each image" in named.said
    share = int(re.search(r"([0-9]+)% of it beside the images", named.said)[1])
    assert 5 < share < 40
    assert not named.output.exists()
    named.masked(*PRESET)
    assert named.run(*PRESET, "--dry-run") == ExitCode.ALL_DONE
    assert "2 by an earlier run (2 masked); 0 to do" in named.said


def test_where_settings_depart_from_the_preset_the_run_names_them(named: Study) -> None:
    named.masked(*PRESET)
    assert "PRESET" not in named.said
    named.masked(*PRESET, "--set", "OUTPUT.MESH_AXES=viewer", "--set", "RENDERING.COLOR=ringnet")
    assert "Note:          PRESET = original, but MESH_AXES = viewer, COLOR = ringnet" in named.said


def test_the_report_shows_the_pictures_from_the_flat_folder(named: Study) -> None:
    named.masked(*PRESET)
    held = data(named.output / "report.html")
    assert held["pictures"]["flat_backup"] is True
    assert [len([one for one in pictures if one]) for pictures in held["thumbnails"]] == [3, 3]


def test_the_audit_finds_what_no_record_accounts_for(named: Study) -> None:
    named.masked(*PRESET)
    planted = {
        "images/c_prep_overlay.png": "is an output, but not of a masked image",
        "images/Ada/1/a_prep_overlay.png": "is an output, but not of a masked image",
        "images/a_prep_overlay.npy": "is an output, but not of a masked image",
        "params/a_prep.obj": "is an output, but not of a masked image",
        "notes.txt": "is not one of a run's records",
    }
    for name in planted:
        (named.output / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(named.photo, named.output / name)
    shutil.copy(named.photo, named.beside("_mesh.obj"))
    said = faults(named)
    for name, problem in {**planted}.items():
        assert re.search(re.escape(str(named.output / name)) + ".*" + problem, said), name
    assert f"{named.beside('_mesh.obj')}: " in said


@pytest.mark.parametrize("folder", ["images", "mesh", "images/Ada"])
def test_no_claim_hides_anything_among_the_backups_from_the_audit(named: Study, folder: str) -> None:
    named.masked(*PRESET)
    (named.output / folder).mkdir(parents=True, exist_ok=True)
    (named.output / folder / "input_folder.json").write_text('{"input_folder": "/another/tree"}')
    shutil.copy(named.photo, named.output / folder / "photo.png")
    said = faults(named)
    assert str(named.output / folder / "photo.png") in said
    assert "was not looked into" not in said


def test_the_audit_lays_array_picture_and_photo_side_by_side_without_a_journal(named: Study) -> None:
    named.masked(*PRESET)
    (named.output / "journal").unlink()
    assert " 0 faults" in faults(named)
    np.save(named.output / "images" / "a_prepoverlay.npy", np.array(Image.open(named.photo)))
    assert "a_prepoverlay.npy: has other pixels than a_prep_overlay.png" in faults(named)


def test_reidentify_takes_each_images_own_masks(study: Study) -> None:
    study.run(*PRESET)
    first, second = open_tree(study.output).walk()
    assert isinstance(first, MaskedImage)
    assert first.overlay == study.output / "images" / "a_prep_overlay.png"
    assert first.mesh == study.output / "mesh" / "a_prep.obj"
    assert first.parameters == study.output / "params" / "a_prep.npy"
    assert isinstance(second, RefusedEntry), "its masks are not its own"


def test_one_photo_gets_the_originals_names_and_changes_them_with_the_layout(study: Study) -> None:
    one = ["--image", str(study.photo), "--output-folder", str(study.folder / "one")]
    assert main([*one, *PRESET]) == ExitCode.ALL_DONE
    assert backup(study.folder / "one") == flat("a_prep")
    assert main(one) == ExitCode.ALL_DONE
    assert backup(study.folder / "one") == {
        "images/a_prep_overlay.png", "images/a_prep_mask_only.png", "mesh/a_prep_mesh.obj",
    }  # fmt: skip
    assert main([*one, *PRESET]) == ExitCode.ALL_DONE
    assert backup(study.folder / "one") == flat("a_prep")


def test_one_photo_never_touches_the_trees_image_of_its_name(named: Study) -> None:
    named.masked(*PRESET)
    before = {name: (named.output / name).read_bytes() for name in backup(named.output)}
    other = named.folder / "elsewhere" / "a_prep.png"
    other.parent.mkdir()
    Image.open(named.photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(other)
    code = main(["--image", str(other), "--output-folder", str(named.output), *PRESET])
    assert code == ExitCode.SOME_NOT_DONE
    assert "another photo of this name, from INPUT_FOLDER/Ada/1" in named.capsys.readouterr().out
    assert {name: (named.output / name).read_bytes() for name in backup(named.output)} == before
    assert " 0 faults" in faults(named)


def database_of(study: Study) -> Path:
    database = study.folder / "database"
    shutil.copytree(study.query, database)
    for path in database.rglob("*_overlay.png"):
        path.unlink()
    return database


@pytest.mark.parametrize("more", [(), PRESET])
def test_query_and_database_with_one_output_folder_are_kept_apart(named: Study, more: tuple[str, ...]) -> None:
    """As the original's INI files name it, which are used here with their two keys alone."""
    database = database_of(named)
    ini = named.folder / "batch_process_config.ini"
    for tree in (named.query, database, named.query, database):
        ini.write_text(f"[DEFAULT]\nINPUT_FOLDER = {tree}\nOUTPUT_FOLDER = {named.output}\n")
        assert main(["--config", str(ini), *more]) == ExitCode.ALL_DONE
        said = named.capsys.readouterr().out
        apart = f"Note:          {named.output} holds the masks of another tree; those of {database} go into "
        assert (apart + str(named.output / "database") in said) == (tree == database)
    assert "Nothing to do" in said
    own = {name for name in backup(named.output) if not name.startswith("database/")}
    assert own == {name.removeprefix("database/") for name in backup(named.output) - own} - {
        "input_folder.json", "journal", "outcomes.csv", "report.html", "run.json", "run.log",
    }  # fmt: skip
    for tree in (named.query, database):
        assert audit([str(tree), "--output-folder", str(named.output)]) == ExitCode.ALL_DONE
    assert (
        f"{named.output}/database holds another tree's masks, and was not looked into" in named.capsys.readouterr().out
    )
    assert main(["--pairs", str(named.output), str(named.output / "database")]) == ExitCode.ALL_DONE


def test_a_dry_run_says_where_the_second_tree_would_go(named: Study) -> None:
    named.masked()
    arguments = ["--input-folder", str(database_of(named)), "--output-folder", str(named.output), "--dry-run"]
    assert main(arguments) == ExitCode.ALL_DONE
    said = named.capsys.readouterr().out
    assert f"Output: {named.output}/database" in said
    assert "go into" in said
    assert not (named.output / "database").exists()


def test_a_tree_that_is_called_as_a_folder_of_the_backup_is_refused(named: Study) -> None:
    named.masked("--set", "OUTPUT.SAVE_MESH=no")
    for name in ("mesh", "Neutral_Mesh"):
        tree = database_of(named).rename(named.folder / name)
        assert main(["--input-folder", str(tree), "--output-folder", str(named.output)]) == ExitCode.USAGE
        assert "choose an output folder of its own" in named.capsys.readouterr().err
        assert not (named.output / name).exists()
