"""From a made source to trees that masking takes; again, with workers, after kills, and over what is there already."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from masking import mask_tree, prepare_tree
from masking.commands.main import main
from masking.core.errors import ConfigError, EmptyTreeError, ExitCode
from masking.preparation.frame_rows import COLUMNS
from tests.pipeline.engines.cluster import running_cluster
from tests.preparation.conftest import Preparation
from tests.preparation.killing import kill


@pytest.fixture
def full_study(study: Preparation, made_source: Path) -> Preparation:
    study.source.rmdir()
    shutil.copytree(made_source, study.source)
    return study


def test_the_made_source_is_prepared_and_all_of_it_can_be_masked(full_study: Preparation, tmp_path: Path) -> None:
    assert full_study.run().counts == {"prepared": 6}
    for tree in ("query", "database"):
        images = full_study.images(tree)
        assert [name.rpartition("/")[0] for name in images] == [
            f"{identity}/{video}" for identity in ("Eileen_Collins", "Grace_Hopper") for video in "123"
        ]
        sizes = {cv2.imread(str(full_study.target / tree / name)).shape for name in images}
        assert sizes == {(224, 224, 3)}
        assert mask_tree(full_study.target / tree, tmp_path / f"masks_{tree}").counts == {"masked": 6}


def test_each_frame_has_a_line_with_its_reason_and_its_numbers(full_study: Preparation) -> None:
    full_study.run()
    rows = full_study.rows()
    assert tuple(rows[0]) == COLUMNS
    frames = Counter((row["identity"], row["video"]) for row in rows)
    assert set(frames.values()) == {40, 10}
    for row in rows:
        turned = abs(float(row["yaw"])) >= 20
        assert turned == (row["verdict"] == "yaw")
    chosen = [row for row in rows if row["chosen_for"]]
    assert Counter(row["chosen_for"] for row in chosen) == {"query": 6, "database": 6}
    for row in chosen:
        path = full_study.target / row["chosen_for"] / row["identity"] / row["video"] / row["prepared_image"]
        assert path.is_file()
        assert row["verdict"] == "kept"


def test_the_prepared_image_shows_the_frame_that_the_table_names(small_study: Preparation) -> None:
    small_study.run("PREPARATION.MARGIN=1.2")
    row = next(row for row in small_study.rows() if row["chosen_for"] == "query")
    video = cv2.VideoCapture(str(small_study.source / "Ada" / "1.mp4"))
    frames = [video.read()[1] for _ in range(int(row["index"]) + 1)]
    low, high = (np.array([float(row[name]) for name in names]) for names in (("left", "top"), ("right", "bottom")))
    side = float((high - low).max()) * 1.2
    left, top = np.rint((low + high) / 2 - side / 2).astype(int)
    expected = cv2.resize(frames[-1][top : top + round(side), left : left + round(side)], (224, 224))
    found = np.array(Image.open(small_study.target / "query" / "Ada" / "1" / row["prepared_image"]))[:, :, ::-1]
    assert np.abs(expected.astype(float) - found).mean() < 1


@pytest.mark.thorough
def test_workers_and_order_change_no_byte(full_study: Preparation, tmp_path: Path) -> None:
    full_study.run()
    alone = full_study.contents()
    shutil.rmtree(full_study.target)
    full_study.run("RUN.WORKERS=2")
    assert full_study.contents() == alone
    shutil.rmtree(full_study.target)
    shutil.rmtree(full_study.source / "Eileen_Collins")
    full_study.run()
    rest = {name: content for name, content in alone.items() if "Grace_Hopper" in name and name != "prepared.csv"}
    assert {name: content for name, content in full_study.contents().items() if name != "prepared.csv"} == rest


@pytest.mark.thorough
def test_a_cluster_gives_the_same_bytes(full_study: Preparation, tmp_path: Path) -> None:
    full_study.run()
    alone = full_study.contents()
    shutil.rmtree(full_study.target)
    with running_cluster(tmp_path) as cluster:
        full_study.run(f"RUN.SCHEDULER={cluster.address}")
    assert full_study.contents() == alone
    assert "cluster" in json.loads((full_study.target / "run.json").read_text())["workers"]


@pytest.mark.thorough
def test_killed_at_any_moment_the_next_run_ends_with_the_same_bytes(full_study: Preparation) -> None:
    full_study.run()
    undisturbed = full_study.contents()
    shutil.rmtree(full_study.target)
    assert all(kill(full_study.source, full_study.target, 1, seconds) for seconds in (1.2, 2.0, 3.1))
    full_study.run()
    assert full_study.contents() == undisturbed


def test_a_second_run_does_nothing_until_something_changes(full_study: Preparation) -> None:
    full_study.run()
    before = full_study.contents()
    assert full_study.run().worked_on == 0
    assert full_study.contents() == before
    crop = full_study.target / "query" / full_study.images("query")[0]
    crop.write_bytes(crop.read_bytes()[:-1] + b"x")
    (full_study.target / "videos" / "Grace_Hopper" / "1.csv").unlink()
    (full_study.source / "Grace_Hopper" / "3" / "3.0.jpg").touch()
    assert full_study.run().worked_on == 2
    assert full_study.contents() == before


def test_another_seed_takes_the_old_choice_away(small_study: Preparation) -> None:
    small_study.run()
    before = {tree: small_study.images(tree) for tree in ("query", "database")}
    small_study.run("PREPARATION.SEED=1")
    after = {tree: small_study.images(tree) for tree in ("query", "database")}
    assert before != after
    assert all(len(images) == 1 for images in after.values())


def test_files_of_the_user_stay_and_stop_the_video(small_study: Preparation) -> None:
    small_study.run()
    name = small_study.images("query")[0]
    shutil.rmtree(small_study.target)
    own = small_study.target / "query" / name
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    small_study.run()
    assert small_study.outcomes["1.mp4"].status == "failed"
    assert "no record says that this program wrote it" in small_study.outcomes["1.mp4"].reason
    assert own.read_text() == "mine"
    assert small_study.images("database") == []


def test_a_planted_record_removes_nothing(small_study: Preparation, tmp_path: Path) -> None:
    """A record is believed only where the journal says that a run wrote it, and never a name that leads elsewhere."""
    small_study.run()
    record = small_study.record("Ada/1")
    record["files"].append({"tree": "query", "name": "../../../../victim", "sha256": "0" * 64})
    (small_study.target / "victim").write_text("here")
    (small_study.target / "videos" / "Ada" / "1.json").write_text(json.dumps(record))
    small_study.run("PREPARATION.SEED=1")
    assert (small_study.target / "victim").read_text() == "here"


def test_nothing_is_written_through_a_link(small_study: Preparation, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (small_study.target / "query").mkdir(parents=True)
    (small_study.target / "query" / "Ada").symlink_to(elsewhere)
    small_study.run()
    assert small_study.outcomes["1.mp4"].status == "failed"
    assert list(elsewhere.iterdir()) == []


def test_prepared_images_are_as_closed_as_the_video(small_study: Preparation) -> None:
    for folder in (small_study.folder, *small_study.folder.parents):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    (small_study.source / "Ada" / "1.mp4").chmod(0o600)
    small_study.run()
    shown = [*small_study.target.rglob("*_prep.png"), *small_study.target.rglob("*.jpg")]
    assert {path.stat().st_mode & 0o777 for path in [*shown, small_study.target / "report.html"]} == {0o600}


def test_too_few_frames_are_counted_and_nothing_is_half_prepared(small_study: Preparation) -> None:
    small_study.run("PREPARATION.QUERY_FRAMES=8", "PREPARATION.DATABASE_FRAMES=6")
    outcome = small_study.outcomes["1.mp4"]
    assert outcome.status == "too_few_frames"
    assert outcome.details["lacking"] == 2
    assert "2 frames are lacking: 12 of 12 kept (there are no more)" in outcome.reason
    assert small_study.images("query") == small_study.images("database") == []


def test_the_whole_frames_are_kept_on_request(full_study: Preparation) -> None:
    full_study.run("PREPARATION.KEEP_FRAMES=yes")
    for tree in ("query", "database"):
        prepared = [name for name in full_study.images(tree) if name.endswith("_prep.png")]
        for name in prepared:
            frame = full_study.target / tree / name.replace("_prep.png", ".jpg")
            assert cv2.imread(str(frame)).shape == (360, 480, 3)
    single = full_study.images("query")[-2]
    assert (full_study.target / "query" / single).read_bytes() == (
        full_study.source / "Grace_Hopper" / "3" / single.rpartition("Grace_Hopper_")[2]
    ).read_bytes()


BOUNDS = {
    "yaw": "MAX_YAW=1",
    "pitch": "MAX_PITCH=0.5",
    "roll": "MAX_ROLL=0.01",
    "small": "MIN_FACE_SIZE=500",
    "blurred": "MIN_SHARPNESS=100000",
    "low_confidence": "MIN_CONFIDENCE_FACE_DETECTOR=0.999",
    "mesh_unproven": "MIN_CONFIDENCE_FACE_MESH=1",
    "other_face": "MAX_CONFIDENCE_OTHER_FACE=0",
}


@pytest.mark.parametrize("verdict", BOUNDS)
def test_each_bound_refuses_frames_by_its_own_name(small_study: Preparation, verdict: str) -> None:
    small_study.run(f"PREPARATION.{BOUNDS[verdict]}")
    assert Counter(row["verdict"] for row in small_study.rows())[verdict] > 0


def test_options_that_contradict_one_another_are_an_error(small_study: Preparation) -> None:
    with pytest.raises(ConfigError, match="EVERY and FPS"):
        small_study.run("PREPARATION.EVERY=2", "PREPARATION.FPS=2")
    with pytest.raises(ConfigError, match="nothing to prepare"):
        small_study.run("PREPARATION.QUERY_FRAMES=0", "PREPARATION.DATABASE_FRAMES=0")


def test_an_empty_source_says_what_is_expected(study: Preparation) -> None:
    with pytest.raises(EmptyTreeError, match="holds no video"):
        study.run()


def test_the_command_speaks_to_programs_and_a_dry_run_writes_nothing(
    small_study: Preparation, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["prepare", str(small_study.source), str(small_study.target)]
    assert main([*folders, "--dry-run"]) == ExitCode.ALL_DONE
    assert "1 to do" in capsys.readouterr().out
    assert not small_study.target.exists()
    assert main([*folders, "--json"]) == ExitCode.ALL_DONE
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["name"], line["status"], line["details"]["query"]) == ("1.mp4", "prepared", 1)


def test_from_python_as_from_the_command(small_study: Preparation) -> None:
    seen = []
    result = prepare_tree(small_study.source, small_study.target, on_outcome=seen.append, query_frames=2)
    assert (result.counts, [outcome.name for outcome in seen]) == ({"prepared": 1}, ["1.mp4"])
    assert len(small_study.images("query")) == 2
