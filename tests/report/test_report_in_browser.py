"""report.html as people use it, in a real browser."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import masking.report.html_report as html_report
from masking.masks.status import Status
from masking.pipeline.outcome import Outcome
from tests.report.conftest import outcome

HOSTILE_NAMES = [
    '<img src=x onerror=alert(1)>"_prep.png',
    "<script><!--_prep.png",
    "<b>bold &amp; #1 100%? ü ☃_prep.png",
    os.fsdecode(b"stray\xff byte_prep.png"),
    "line\nbreak, and comma_prep.png",
]


def many() -> list[Outcome]:
    masked = [outcome(f"{number:03d}_prep.png", score=0.5 + number / 400) for number in range(100)]
    failed = [
        outcome(f"x{number}_prep.png", "Bob", status=Status.NO_FACE, reason="the detector found no face", score=None,
                coverage=None)
        for number in range(20)
    ]  # fmt: skip
    return masked + failed


@pytest.fixture
def open_page(browser: Any, make_report: Callable[..., Path]) -> Iterator[Callable[..., Any]]:
    """Opens a report: open_page(outcomes, "SECTION.KEY=VALUE", ..., width=1200); no page may have had an error."""
    complaints: list[str] = []
    contexts = []

    def open_it(outcomes: list[Outcome], *settings: str, width: int = 1200, scheme: str = "light") -> Any:
        path = make_report(outcomes, *settings)
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: complaints.extend(
            [request.url] if not request.url.startswith(("file:", "data:", "blob:")) else []
        ))  # fmt: skip
        page.goto(path.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def names(page: Any) -> list[str]:
    return list(page.locator("#sheet .name").all_text_contents())


def load_all_pictures(page: Any) -> None:
    page.evaluate(
        "Promise.all([...document.images].map((image) => { image.loading = 'eager'; return image.decode(); }))"
    )


def expect_selected(page: Any, name: str) -> None:
    """Wait until the card of `name` has the focus: a dialog gives it back only after the key that closed it."""
    from playwright.sync_api import expect

    expect(page.locator(".card:focus .name")).to_have_text(name)


def test_it_says_what_came_of_the_run(open_page: Callable[..., Any]) -> None:
    page = open_page(many())
    assert page.title() == "Masks of query"
    assert "100 of 120 images masked (83.3 %), 1 of 2 identities" in page.inner_text("#headline")
    page.click("#facts summary")
    assert "sha256 0123abcd" in page.inner_text("#facts-tables")
    assert "MIN_COVERAGE" in page.inner_text("#facts-tables")
    charts = page.locator("#charts svg")
    labels = [charts.nth(number).get_attribute("aria-label") for number in range(charts.count())]
    assert [label.partition(":")[0] for label in labels] == [
        "Outcomes",
        "Score",
        "Coverage of the hull",
        "Time per step",
    ]
    assert "masked 100, no_face 20" in labels[0]


def test_it_filters_by_status_text_score_and_mark(open_page: Callable[..., Any]) -> None:
    page = open_page(many())
    page.uncheck("input[value=masked]")
    assert page.inner_text("#found") == "20 of 120 images"
    assert all(name.startswith("x") for name in names(page))
    page.fill("#search", "bob/1/X7")
    assert names(page) == ["x7_prep.png"]
    page.click("button[type=reset]")
    page.fill("#most-score", "0.51")
    assert names(page) == [f"{number:03d}_prep.png" for number in range(5)]
    page.locator(".card").nth(2).get_by_role("button", name="as bad").click()
    page.click("button[type=reset]")
    page.check("#only-bad")
    assert names(page) == ["002_prep.png"]


def test_it_puts_the_doubtful_ones_first(open_page: Callable[..., Any]) -> None:
    outcomes = [outcome(f"{score}_prep.png", score=score) for score in (0.9, 0.6, 0.8)]
    page = open_page([outcome("none_prep.png", score=None), *outcomes])
    page.select_option("#order", "score")
    assert names(page) == ["0.6_prep.png", "0.8_prep.png", "0.9_prep.png", "none_prep.png"]


def test_it_puts_what_may_show_another_face_first(open_page: Callable[..., Any]) -> None:
    scores = {"a": 0.0, "b": None, "c": 0.0125, "d": 0.5}
    page = open_page([outcome(f"{name}_prep.png", survivor_score=value) for name, value in scores.items()])
    page.select_option("#order", "survivor")
    assert names(page) == ["d_prep.png", "c_prep.png", "a_prep.png", "b_prep.png"]
    assert "another face 0.013" in page.locator(".card").nth(1).inner_text()
    page.locator(".card").nth(1).press("Enter")
    assert "0.0125" in page.inner_text("#detail-facts")


def test_it_turns_pages(open_page: Callable[..., Any]) -> None:
    page = open_page(many())
    assert len(names(page)) == 48
    page.click("[data-page=last]")
    assert len(names(page)) == 24
    assert page.locator("[data-page=next]").is_disabled()
    page.fill("#page", "2")
    page.press("#page", "Enter")
    assert names(page)[0] == "048_prep.png"
    page.select_option("#page-size", "192")
    assert len(names(page)) == 120


def test_it_is_stepped_through_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page(many())
    page.locator(".card").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect_selected(page, "001_prep.png")
    page.keyboard.press("n")
    page.keyboard.press("ArrowLeft")
    expect_selected(page, "047_prep.png")  # on the page before: the step was made from a page's first image
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#detail-title") == "048_prep.png"
    assert "49 of 120" in page.inner_text("#detail-facts")
    page.keyboard.press("b")
    page.keyboard.press("Escape")
    expect_selected(page, "048_prep.png")
    assert "bad" in page.evaluate("document.activeElement.className")
    page.keyboard.press("/")
    page.keyboard.type("bob/1/x1")
    assert len(names(page)) == 11, "letters typed into the search are no commands"


def test_marks_outlive_the_page_and_are_exported(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page([outcome(name) for name in HOSTILE_NAMES])
    for number in range(len(HOSTILE_NAMES)):
        page.locator(".card").nth(number).get_by_role("button", name="as bad").click()
    assert page.inner_text("#marked") == "5 marked as bad"
    page.reload()
    assert page.inner_text("#marked") == "5 marked as bad", "the browser kept nothing"
    with page.expect_download() as download:
        page.click("#export")
    assert download.value.suggested_filename == "marked_as_bad.csv"
    download.value.save_as(tmp_path / "bad.csv")
    with (tmp_path / "bad.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == HOSTILE_NAMES
    assert {row["identity"] for row in rows} == {"Ada"}


def test_a_chart_is_saved_as_it_looks(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page(many())
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the chart Outcomes as SVG").click()
    assert download.value.suggested_filename == "outcomes.svg"
    download.value.save_as(tmp_path / "chart.svg")
    drawing = ElementTree.parse(tmp_path / "chart.svg").getroot()
    texts = [part.text for part in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["masked", "100", "no_face", "20"]
    fills = {part.get("fill") for part in drawing.iter("{http://www.w3.org/2000/svg}rect")}
    assert fills == {"rgb(28, 122, 69)", "rgb(179, 38, 30)"}


@pytest.mark.parametrize("embedded", [True, False])
def test_hostile_names_are_text_and_their_pictures_are_found(
    open_page: Callable[..., Any], embedded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not embedded:
        monkeypatch.setattr(html_report, "MAX_EMBEDDED", 0)
    page = open_page([outcome(name, '<i>"Zoë" #%') for name in HOSTILE_NAMES])
    shown = names(page)
    assert shown[:3] == HOSTILE_NAMES[:3]
    load_all_pictures(page)
    assert page.evaluate("[...document.images].map((image) => image.naturalWidth)") == [24] * 15


def test_pictures_are_found_in_the_originals_flat_folder(
    open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_report, "MAX_EMBEDDED", 0)
    page = open_page([outcome("a_prep.png"), outcome("b_prep.png", "Bob")], "OUTPUT.OUTPUT_LAYOUT=original")
    load_all_pictures(page)
    assert page.evaluate("[...document.images].map((image) => image.naturalWidth)") == [24] * 6


@pytest.mark.parametrize("embedded", [True, False])
def test_without_photos_only_masks_are_shown(
    open_page: Callable[..., Any], embedded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not embedded:
        monkeypatch.setattr(html_report, "MAX_EMBEDDED", 0)
    page = open_page(many(), "OUTPUT.PHOTOS_IN_REPORT=no")
    assert page.locator(".card").first.locator("figcaption").all_text_contents() == ["Mask"]
    sources = page.evaluate("[...document.images].map((image) => image.src)")
    assert len(sources) == 48
    assert embedded or all(source.endswith("_mask_only.png") for source in sources)


def test_a_picture_that_is_gone_leaves_a_word(
    browser: Any, make_report: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html_report, "MAX_EMBEDDED", 0)
    page = browser.new_page()
    page.goto(make_report(many(), drawn=False).as_uri())
    page.locator(".none").first.wait_for()
    assert page.locator(".card").first.locator(".none").first.inner_text() == "not shown"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 380])
def test_it_passes_the_accessibility_rules(open_page: Callable[..., Any], scheme: str, width: int) -> None:
    page = open_page(many()[::10], scheme=scheme, width=width)
    page.click("#facts summary")
    page.locator(".card").nth(1).get_by_role("button", name="as bad").click()
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    assert violations(page) == []
    page.locator(".pictures").first.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out at the side"


def violations(page: Any) -> list[str]:
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:100]}" for one in found]
