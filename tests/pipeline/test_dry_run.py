"""--dry-run: true counts, an honest guess, and nothing touched."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from batch_process import main
from masking.core.errors import ExitCode
from masking.masks.stage import MaskStage
from masking.pipeline.dry_run import Cost, Plan, describe_cost, duration


def arguments(query: Path, tmp_path: Path) -> list[str]:
    return ["--input-folder", str(query), "--output-folder", str(tmp_path / "output")]


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_reports_counts_time_and_disk_and_touches_nothing(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (query_folder / "stray_prep.png").touch()
    before = everything(tmp_path)
    assert main([*arguments(query_folder, tmp_path), "--dry-run"]) == ExitCode.ALL_DONE
    said = capsys.readouterr().out
    assert "2 identities, 4 videos, 6 images, 1 refused" in said
    assert "would refuse stray_prep.png" in said
    assert "0 by an earlier run; 6 to do" in said
    assert re.search(r"Time:   about \d+ s: 6 images were tried, \d+ ms each, 1 at a time", said)
    assert re.search(r"Disk:   about [0-9.]+ MB, half of it beside the images; [0-9.]+ GB free", said)
    assert everything(tmp_path) == before


def test_the_guess_of_the_disk_space_comes_true(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(tmp_path)
    main([*arguments(query_folder, tmp_path), "--dry-run"])
    guessed = float(re.findall(r"Disk:   about ([0-9.]+) MB", capsys.readouterr().out)[0])
    main([*arguments(query_folder, tmp_path), "--set", "OUTPUT.REPORT=no"])
    written = [path for path in everything(tmp_path).keys() - before.keys() if "_prep" in path.name]
    needed = sum(-(-path.stat().st_size // 4096) * 4096 for path in written) / 1e6
    assert guessed == pytest.approx(needed, abs=0.11)


def test_what_is_done_is_known_from_the_journal_which_stays_as_it_is(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments(query_folder, tmp_path))
    source = next(query_folder.rglob("*_prep.png"))
    shutil.copy(source, source.with_name("new_prep.png"))
    before = everything(tmp_path)
    capsys.readouterr()
    main([*arguments(query_folder, tmp_path), "--dry-run"])
    assert "Done:   6 by an earlier run (6 masked); 1 to do" in capsys.readouterr().out
    main([*arguments(query_folder, tmp_path), "--dry-run", "--force"])
    assert "0 by an earlier run; 7 to do" in capsys.readouterr().out
    assert everything(tmp_path) == before


def test_where_all_is_done_nothing_is_tried(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments(query_folder, tmp_path))
    capsys.readouterr()
    main([*arguments(query_folder, tmp_path), "--dry-run"])
    said = capsys.readouterr().out
    assert "6 by an earlier run (6 masked); 0 to do" in said
    assert "Time:" not in said


def test_workers_share_the_time_and_a_full_disk_is_reported(query_folder: Path, make_config) -> None:
    plan = Plan(to_do=1_000_000, to_do_sample=[])
    config = make_config(query_folder, "RUN.WORKERS=4")
    lines = list(describe_cost(MaskStage(), config, plan, Cost(seconds=0.036, bytes=1e12)))
    assert "about 2 h 30 min" in lines[0]
    assert "4 at a time" in lines[0]
    assert lines[-1].strip() == "That is more than there is."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (89, "89 s"), (100, "2 min"), (9000, "2 h 30 min"), (400_000, "4 days 15 h")],
)
def test_durations_are_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_wrong_layout_is_reported_before_any_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "query" / "Ada").mkdir(parents=True)
    (tmp_path / "query" / "Ada" / "x_prep.png").touch()
    for extra in ([], ["--dry-run"]):
        assert main([*arguments(tmp_path / "query", tmp_path), *extra]) == ExitCode.USAGE
        said = capsys.readouterr()
        assert "put its images into a folder for their video, as Ada/1/x_prep.png" in said.err
        assert "Loading" not in said.err
    assert not (tmp_path / "output").exists()
