"""report.html as a file: what is in it, and above all what is not."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import masking.report.html_report as html_report
from batch_process import main
from masking.core.config import Config
from masking.core.errors import ExitCode, OutputFolderError
from masking.masks.stage import MaskStage
from masking.masks.status import Status
from masking.pipeline.records import RunRecords
from masking.pipeline.run_facts import SCHEMA_VERSION
from masking.report.thumbnails import jpeg_thumbnail, thumbnail
from tests.report.conftest import ENVIRONMENT, MASK_COLOR, OVERLAY_COLOR, PHOTO, outcome

MakeReport = Callable[..., Path]


def data(report: Path) -> dict[str, Any]:
    (content,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', report.read_text(), re.DOTALL)
    return dict(json.loads(content))


def colors(thumbnails: list[str]) -> list[tuple[int, ...] | None]:
    """The colour that each thumbnail is filled with, to the nearest ten."""
    pictures = [Image.open(io.BytesIO(base64.b64decode(content))) if content else None for content in thumbnails]
    return [picture and tuple(np.array(picture).mean(axis=(0, 1)).round(-1).astype(int)) for picture in pictures]


def test_a_masked_image_has_three_pictures_and_another_only_its_photo(make_report: MakeReport) -> None:
    make_report([outcome("b_prep.png")])  # leaves an overlay and a mask, which the image no longer has a right to
    report = make_report([outcome("a_prep.png"), outcome("b_prep.png", status=Status.NO_FACE)])
    masked, failed = data(report)["thumbnails"]
    assert colors(masked) == [PHOTO, OVERLAY_COLOR, MASK_COLOR]
    assert colors(failed) == [PHOTO, None, None]


def test_without_photos_no_pixel_of_a_photo_is_in_the_file_nor_a_way_to_one(make_report: MakeReport) -> None:
    outcomes = [outcome("a_prep.png"), outcome("b_prep.png", status=Status.NO_FACE)]
    held = data(make_report(outcomes, "OUTPUT.PHOTOS_IN_REPORT=no"))
    assert [colors(thumbnails) for thumbnails in held["thumbnails"]] == [[MASK_COLOR], [None]]
    assert held["pictures"] == {
        "kinds": ["mask_only"], "embedded": True, "flat": False, "flat_backup": False, "photo_folder": None,
    }  # fmt: skip
    assert [row[-1] for row in held["rows"]] == [0, 0], "no image is said to have a photo to show"


def test_what_was_never_read_as_a_photo_is_not_shown(make_report: MakeReport, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.png"
    Image.new("RGB", (24, 24), (200, 40, 40)).save(elsewhere)
    link = tmp_path / "query" / "Ada" / "1" / "link_prep.png"
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    refused = outcome(
        "link_prep.png", status=Status.UNREADABLE, reason="the link leaves INPUT_FOLDER", source=None, score=None
    )
    held = data(make_report([refused], drawn=False))
    assert held["thumbnails"] == [["", "", ""]]
    assert held["rows"][0][-1] == 0


def test_faces_that_were_left_as_they_are_are_told(make_report: MakeReport) -> None:
    held = data(make_report([outcome("a_prep.png", other_faces=1), outcome("b_prep.png", other_faces=2)]))
    assert held["reasons"] == [
        "1 other face was found and left as in the photo",
        "2 other faces were found and left as in the photo",
    ]


def test_pictures_are_small_and_missing_ones_are_left_out(make_report: MakeReport, tmp_path: Path) -> None:
    big = tmp_path / "query" / "Ada" / "1" / "a_prep.png"
    big.parent.mkdir(parents=True)
    Image.new("RGB", (500, 1000), (9, 9, 9)).save(big)
    (photo, overlay, mask_only) = data(make_report([outcome("a_prep.png")], drawn=False))["thumbnails"][0]
    assert Image.open(io.BytesIO(base64.b64decode(photo))).size == (56, 112)
    assert (overlay, mask_only) == ("", "")


WORKERS_COLORS = [(200, 200, 40), (40, 200, 200), (200, 40, 200)]


def workers_thumbnails() -> list[bytes]:
    return [jpeg_thumbnail(np.full((30, 40, 3), color, dtype=np.uint8)) for color in WORKERS_COLORS]


def test_thumbnails_that_came_with_an_outcome_are_shown_without_reading_a_file(make_report: MakeReport) -> None:
    one = outcome("a_prep.png", thumbnails=tuple(workers_thumbnails()))
    (shown,) = data(make_report([one], drawn=False))["thumbnails"]
    assert colors(shown) == WORKERS_COLORS


def test_an_image_without_a_mask_shows_no_mask_whatever_its_worker_sends(make_report: MakeReport) -> None:
    one = outcome("a_prep.png", status=Status.NO_FACE, thumbnails=tuple(workers_thumbnails()))
    (shown,) = data(make_report([one]))["thumbnails"]
    assert colors(shown) == [PHOTO, None, None]


def test_no_thumbnail_shows_a_photo_that_was_never_read(make_report: MakeReport) -> None:
    """Its readers would be nobody's, and the page open to everybody."""
    one = outcome("a_prep.png", source=None, thumbnails=tuple(workers_thumbnails()))
    (shown,) = data(make_report([one]))["thumbnails"]
    assert colors(shown) == [None, OVERLAY_COLOR, MASK_COLOR]


@pytest.mark.parametrize(
    "sent",
    [
        workers_thumbnails(),
        tuple(workers_thumbnails()[:2]),
        (*workers_thumbnails(), b""),
        (*workers_thumbnails()[:2], "text"),
        (*workers_thumbnails()[:2], b"\x89PNG"),
        (*workers_thumbnails()[:2], workers_thumbnails()[2] + bytes(1 << 16)),
    ],
    ids=["a list", "too few", "too many", "text", "no JPEG", "too large"],
)
def test_what_no_worker_can_have_made_is_not_taken_for_thumbnails(make_report: MakeReport, sent: object) -> None:
    (shown,) = data(make_report([outcome("a_prep.png", thumbnails=sent)]))["thumbnails"]
    assert colors(shown) == [PHOTO, OVERLAY_COLOR, MASK_COLOR]


def test_a_large_run_leaves_its_pictures_where_they_are(
    make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_report, "MAX_EMBEDDED", 2)
    outcomes = [outcome(f"{number}_prep.png") for number in range(3)]
    held = data(make_report(outcomes))
    assert (held["pictures"]["embedded"], held["thumbnails"]) == (False, [])
    assert held["pictures"]["photo_folder"] == "../query"
    assert len(data(make_report(outcomes[:2]))["thumbnails"]) == 2


def test_strangers_text_can_not_leave_its_place(make_report: MakeReport) -> None:
    name = "</script><script>alert(1)</script>&\u2028_prep.png".replace("/", os.fsdecode(b"\xff"))
    report = make_report([outcome(name, "</SCRIPT>", status=Status.FAILED, reason="<!-- </script>")], drawn=False)
    held = data(report)
    assert held["rows"][0][2] == name
    assert (held["identities"], held["reasons"]) == (["</SCRIPT>"], ["<!-- </script>"])
    text = report.read_text(encoding="utf-8")
    assert text.lower().count("<script") == text.lower().count("</script") == 2


def test_the_page_may_load_and_run_nothing_but_itself(make_report: MakeReport) -> None:
    text = make_report([outcome("a_prep.png")]).read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', text)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.findall(r'(?:src|href)="(?!data:|#)', text)


@pytest.fixture
def config(tmp_path: Path, make_config: Callable[..., Config]) -> Config:
    """A configuration whose folders are there and empty."""
    for name in ("query", "output"):
        (tmp_path / name).mkdir()
    return make_config(tmp_path / "query")


def test_run_json_counts_images_identities_and_times(config: Config, tmp_path: Path) -> None:
    with RunRecords(MaskStage(), config, ENVIRONMENT) as records:
        for one in (
            outcome("a_prep.png", step_seconds={"read": 0.1}),
            outcome("b_prep.png", step_seconds={"read": 0.3, "render": 0.2}),
            outcome("c_prep.png", "Bob", status=Status.NO_FACE, step_seconds={}, recorded=True),
        ):
            records.add(one)
        said = records.finish(interrupted=True)
    facts = json.loads((tmp_path / "output" / "run.json").read_text(encoding="utf-8"))
    assert facts["schema_version"] == SCHEMA_VERSION
    assert (facts["images"], facts["recorded"], facts["videos"], facts["interrupted"]) == (3, 1, 2, True)
    assert facts["counts"] == {status.value: {"masked": 2, "no_face": 1}.get(status.value, 0) for status in Status}
    assert facts["identities"] == {"all": 2, "finished": 1}
    assert facts["step_seconds"]["read"] == {"mean": pytest.approx(0.2), "images": 2}
    assert facts["models"] == dict(ENVIRONMENT.models)
    assert facts["configuration"]["rendering"]["min_coverage"] == 0.9
    assert "outcomes.csv" in said[0]
    assert "shows the photos" in said[1]
    assert not list((tmp_path / "output").glob("*.partial"))


def test_records_that_can_not_be_written_are_told(config: Config, tmp_path: Path) -> None:
    for name in ("run.json.partial", "report.html.partial"):
        (tmp_path / "output" / name).mkdir()
        with pytest.raises(OutputFolderError, match=name), RunRecords(MaskStage(), config, ENVIRONMENT) as records:
            records.finish(interrupted=False)
        (tmp_path / "output" / name).rmdir()


def test_the_command_makes_the_report_or_takes_the_old_one_away_and_masks_nothing_again(
    query_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--input-folder", str(query_folder), "--output-folder", str(tmp_path / "output")]
    report = tmp_path / "output" / "report.html"
    assert main(arguments) == ExitCode.ALL_DONE
    assert f"To look at in a browser: {report}" in capsys.readouterr().out
    first = data(report)
    of_files = [
        [thumbnail(photo.with_name(photo.stem + suffix), 100) for suffix in (".png", "_overlay.png", "_mask_only.png")]
        for photo in sorted(query_folder.rglob("*_prep.png"))
    ]
    assert len(of_files) == 6
    assert sorted(first["thumbnails"]) == sorted(of_files)
    main([*arguments, "--set", "OUTPUT.PHOTOS_IN_REPORT=no"])
    second = data(report)
    assert second["run"]["recorded"] == 6, "these options have no effect on the outputs"
    assert second["pictures"]["kinds"] == ["mask_only"]
    main([*arguments, "--set", "OUTPUT.REPORT=no"])
    assert not report.exists()
    assert (tmp_path / "output" / "run.json").exists()
