"""The page: the flow adds up, bounds are drawn where they are, and untrusted names stay text."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from masking.core.config.options import PreparationOptions
from masking.preparation.chart import LEFT, RIGHT, WIDTH, Bound, histogram_svg
from masking.preparation.frame_rows import AXES, AXIS_AT, FrameRow, Summary
from masking.preparation.outputs import VideoRecord, record_of
from masking.preparation.report import bounds_of
from masking.preparation.status import Verdict
from tests.preparation.conftest import Preparation

HOSTILE = '<img src=x onerror=alert(1)>&"'


@pytest.fixture
def page(study: Preparation, made_source: Path, clip: Path) -> str:
    shutil.copytree(made_source / "Grace_Hopper", study.source / "Grace")
    (study.source / HOSTILE).mkdir()
    shutil.copy(clip, study.source / HOSTILE / "1.mp4")
    (study.source / HOSTILE / "bad.mp4").write_text("no video")
    (study.source / "Nobody").mkdir()
    (study.source / "Nobody" / "fake.mp4").write_text("no video")
    study.run()
    return (study.target / "report.html").read_text()


def test_the_flow_counts_identities_videos_and_frames_at_each_step(page: str, study: Preparation) -> None:
    flow = re.sub(r"<[^>]+>", " ", page[page.index('id="flow"') : page.index("</ol>")])
    words = " ".join(flow.split())
    rows = study.rows()
    kept = sum(row["verdict"] == "kept" for row in rows)
    assert "Found: 3 identities, 6 videos" in words
    assert "unreadable: 2" in words
    assert f"Looked at: 2 identities, 4 videos, {len(rows)} frames" in words
    assert f"Kept: {kept} frames" in words
    assert f"turned to a side: {sum(row['verdict'] == 'yaw' for row in rows)}" in words
    assert "Prepared: 2 identities, 4 videos, 4 frames for the query, 4 frames for the database" in words


def test_identities_without_a_video_are_listed(page: str) -> None:
    lacking = page[page.index('id="lacking-title"') : page.index('id="facts"')]
    assert "Nobody" in lacking
    assert "Grace" not in lacking


def test_names_are_text_and_nothing_is_fetched_or_run(page: str) -> None:
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;&quot;" in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert set(re.findall(r'src="([a-z]+:)', page)) == {"data:"}


def test_without_photos_no_pixel_of_one_is_in_it(small_study: Preparation) -> None:
    small_study.run()
    assert "data:image/jpeg" in (small_study.target / "report.html").read_text()
    small_study.run("OUTPUT.PHOTOS_IN_REPORT=no")
    page = (small_study.target / "report.html").read_text()
    assert "data:image" not in page.replace('href="data:,"', "")
    assert str(small_study.folder) not in page
    small_study.run("OUTPUT.REPORT=no")
    assert not (small_study.target / "report.html").exists()
    assert len(small_study.rows()) == 12


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_a_histogram_is_valid_svg_and_holds_every_frame(axis) -> None:
    counts = {1: [3, 0], 2: [1, 2], 9: [0, 4]}
    figure = ElementTree.fromstring(histogram_svg(axis, counts, [Bound("MIN", 5, True)]).replace("&nbsp;", " "))
    (svg,) = figure.iter("svg")
    assert "10 frames, 4 of them kept" in svg.get("aria-label", "")


def test_a_bound_is_drawn_where_it_lies() -> None:
    counts = {number: [1, 0] for number in range(-10, 10)}
    figure = ElementTree.fromstring(
        histogram_svg(AXIS_AT["yaw"], counts, [Bound("", -10, True), Bound("MAX_YAW", 10, False)]).replace(
            "&nbsp;", " "
        )
    )
    places = [float(line.get("x1", "")) for line in figure.iter("line") if line.get("class") == "bound"]
    across = WIDTH - LEFT - RIGHT
    # Classes of two degrees from -20 to 20.
    assert places == pytest.approx([LEFT + across / 4, LEFT + across * 3 / 4], abs=0.1)
    shaded = [float(rect.get("width", "")) for rect in figure.iter("rect") if rect.get("class") == "beyond"]
    assert shaded == pytest.approx([across / 4, across / 4], abs=0.1)


def test_bounds_that_let_everything_through_are_not_drawn() -> None:
    bounds = bounds_of(PreparationOptions())
    assert {axis for axis, drawn in bounds.items() if drawn} == {"confidence", "other_confidence", "yaw", "pitch"}


def test_a_record_is_read_back_as_it_was_written_and_no_other_is_believed() -> None:
    summary = Summary()
    summary.add(FrameRow("a", 0, 0.0, Verdict.KEPT, {"yaw": 3.0, "confidence": 0.9}))
    record = VideoRecord(1, 0, dict(summary.verdicts), summary.histograms)
    assert record_of(record.text.encode()) == record
    for damage in ('"frames": -1', '"frames": "1"', '"frames": true'):
        assert record_of(record.text.replace('"frames": 1', damage).encode()) is None
    for content in (b"", b"[]", b"null", b"{}", b"[" * 100_000, b'{"format": 1}'):
        assert record_of(content) is None
